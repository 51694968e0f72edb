import { expect, test } from 'vitest'
import type { Findings } from '#toolchain/inspect.ts'
import { describeFindings } from './doctor.ts'

const machine = { platform: 'linux x64', cores: 2, memory_mib: 4096, free_memory_mib: 1024 }
const disk = [{ name: 'cache', folder: '/c', free_mib: 2048, needed_mib: 1536 }]

test('shows where each program is, and what will be prepared, in aligned columns', () => {
  const findings: Findings = {
    ok: true,
    machine,
    disk,
    programs: [
      { name: 'redis', wanted: '6.2 or newer', version: '7.0.15', source: 'path', path: '/usr/bin/redis-server' },
      { name: 'k6', wanted: '1.8.0 or newer', can_be_prepared: 'from Go modules, about 100 s' },
      { name: 'docker', wanted: 'any', optional: 'only for --target kind', missing: { tried: ['no'], get_it: [] } },
    ],
  }
  expect(describeFindings(findings)).toBe(
    [
      'program  wanted          found   from',
      'redis    6.2 or newer    7.0.15  PATH: /usr/bin/redis-server',
      'k6       1.8.0 or newer  -       will be prepared from Go modules, about 100 s',
      'docker   any             -       not here (only for --target kind)',
      '',
      'machine         linux x64, 2 cores',
      'memory          4.0 GiB, 1.0 GiB free',
      'disk for cache  2.0 GiB free in /c, 1.5 GiB needed to prepare',
      '',
      'What is missing is prepared by the first run, or now by: npm run chaos -- doctor --prepare',
    ].join('\n'),
  )
})

test('says of what cannot be had what was tried and how to get it', () => {
  const missing = {
    tried: ['on PATH: no k6', 'from Go modules: Go is missing'],
    get_it: ['with Homebrew: brew install k6'],
  }
  const text = describeFindings({ ok: false, machine, disk, programs: [{ name: 'k6', wanted: '1.8', missing }] })
  expect(text).toContain('k6       1.8     -      MISSING')
  expect(text).toContain('  tried from Go modules: Go is missing\n  get it with Homebrew: brew install k6')
  expect(text.endsWith('Something is missing: see above.')).toBe(true)
})
