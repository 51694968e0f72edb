import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type LockedPackages, closureOf, packagesImported } from './closure.ts'

test('packages are found in imports, without node modules, project files and sub-paths', () => {
  const texts = [
    "import { a } from 'fastify'\nimport type { B } from '@scope/name/sub'\nimport './x.ts'\nimport { c } from '#lib/x.ts'\n",
    "import { readFile } from 'node:fs'\nimport 'typebox/value'\nconst later = await import('pg')\n",
  ]
  expect(packagesImported(texts)).toEqual(['@scope/name', 'fastify', 'pg', 'typebox'])
})

test('a package is looked for from the inside out, as node does', () => {
  const packages: LockedPackages = {
    'node_modules/a': { dependencies: { b: '1', c: '1' } },
    'node_modules/a/node_modules/b': { dependencies: { c: '2' } },
    'node_modules/b': {},
    'node_modules/c': { optionalDependencies: { absent: '1' } },
    'node_modules/unused': {},
  }
  expect(closureOf(['a'], packages)).toEqual(['node_modules/a', 'node_modules/a/node_modules/b', 'node_modules/c'])
  expect(() => closureOf(['missing'], packages)).toThrow('missing, needed by the services')
})

test('the lock file of this project has what the services need, and they need no development tools', () => {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: LockedPackages }
  const folders = closureOf(['fastify', 'pg', '@node-rs/argon2'], packages)
  expect(folders).toContain('node_modules/@node-rs/argon2-linux-x64-gnu')
  expect(folders).toContain('node_modules/avvio')
  expect(folders).not.toContain('node_modules/vitest')
})
