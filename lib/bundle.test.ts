import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Failure } from './errors.ts'
import { ensureBundle, servicesBundle } from './bundle.ts'

let root: string
const write = (path: string, text: string): void => {
  mkdirSync(join(root, path, '..'), { recursive: true })
  writeFileSync(join(root, path), text)
}
const bundle = (...names: string[]): Promise<string> => ensureBundle(root, servicesBundle(names))
const run = (folder: string, service: string): string =>
  execFileSync(process.execPath, [join(folder, service, 'main.mjs')], { encoding: 'utf8' }).trim()
const cached = (): string[] => readdirSync(join(root, 'node_modules', '.cache', 'slot-chaos'))

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'bundle-'))
  write('package-lock.json', '{}')
  write('lib/word.ts', `export const word: string = 'one'`)
  write(
    'sut/platform/say.ts',
    `import { word } from '../../lib/word.ts'\nexport const say = (who: string) => word + who`,
  )
  for (const name of ['game', 'wallet'])
    write(`sut/${name}/main.ts`, `import { say } from '../platform/say.ts'\nconsole.log(say('${name}'))`)
  write('sut/wallet/migrations/001.sql', 'select 1')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

test('services run from their bundle; it is made once, and anew when a source has changed', async () => {
  const folder = await bundle('game', 'wallet')
  expect([run(folder, 'game'), run(folder, 'wallet')]).toEqual(['onegame', 'onewallet'])
  expect(readdirSync(join(folder, 'wallet'))).toEqual(['main.mjs', 'migrations'])
  write('sut/wallet/wallet.test.ts', 'a test is no source')
  expect(await bundle('game', 'wallet')).toBe(folder)

  write('lib/word.ts', `export const word: string = 'two'`)
  const fresh = await bundle('game', 'wallet')
  expect(run(fresh, 'wallet')).toBe('twowallet')
  expect(run(folder, 'wallet')).toBe('onewallet') // a system that runs from the old one keeps it
})

test('a host of several is one more program, and its parts find their migrations beside it', async () => {
  write('sut/monolith/main.ts', `import { say } from '../platform/say.ts'\nconsole.log(say('all'))`)
  const folder = await bundle('game', 'wallet', 'monolith')
  expect([run(folder, 'monolith'), run(folder, 'game')]).toEqual(['oneall', 'onegame'])
  expect(readdirSync(join(folder, 'wallet', 'migrations'))).toEqual(['001.sql'])
})

test('two at once make one; old ones do not pile up', async () => {
  const both = await Promise.all([bundle('game'), bundle('game')])
  expect(both[0]).toBe(both[1])
  for (let change = 0; change < 5; change++) {
    write('lib/word.ts', `export const word: string = '${change}'`)
    await bundle('game')
  }
  expect(cached()).toHaveLength(4)
})

test('a source that cannot be read is one clear error, and nothing half-made stays', async () => {
  write('sut/game/main.ts', 'const = ')
  const error = await bundle('game').catch((thrown: unknown) => thrown as Failure)
  expect(error).toMatchObject({ code: 'SYSTEM_START_FAILED', message: expect.stringContaining('sut/game/main.ts:1:7') })
  expect((error as Failure).message).not.toContain('\u001B')
  expect(existsSync(join(root, 'node_modules', '.cache', 'slot-chaos'))).toBe(false)
})
