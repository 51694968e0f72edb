import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'

// What we ship with must be licensed so that whoever uses this project may ship it too.

const permissive = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'PSF-2.0', 'Unlicense']

interface Lock {
  packages: Record<string, { license?: string; dev?: boolean }>
}

/** Packages of production whose licence is none of the permissive ones, or that name none. */
const licencesToAskAbout = ({ packages }: Lock): string[] =>
  Object.entries(packages)
    .filter(([path, { dev }]) => path !== '' && dev !== true)
    .filter(([, { license }]) => license === undefined || !permissive.includes(license))
    .map(([path, { license }]) => `${path}: ${license ?? 'none'}`)

test('every package of production has a permissive licence', async () => {
  const lock = JSON.parse(await readFile(join(import.meta.dirname, 'package-lock.json'), 'utf8')) as Lock
  expect(Object.keys(lock.packages).length).toBeGreaterThan(100)
  expect(licencesToAskAbout(lock)).toEqual([])
})

test('another licence is found, and none at all', () => {
  const packages = { '': {}, a: { license: 'MIT' }, b: { license: 'AGPL-3.0-only' }, c: {}, d: { dev: true } }
  expect(licencesToAskAbout({ packages })).toEqual(['b: AGPL-3.0-only', 'c: none'])
})
