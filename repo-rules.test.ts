import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Source, rules } from './repo-rules.ts'

const root = import.meta.dirname
const skipped = ['node_modules', 'runs', 'coverage']

describe('the repository', async () => {
  const sources = await readSources()

  test('is read', () => expect(sources.map(({ path }) => path)).toContain('repo-rules.ts'))

  test.each(Object.keys(rules))('%s', (name) => expect(rules[name]!(sources)).toEqual([]))
})

const lines = (count: number, line: string): string => Array.from({ length: count }, () => line).join('\n')

/** A function with inner ones, each of so many lines. */
const factoryOf = (heads: readonly string[], count: number): string =>
  `export function a(): A {\n${heads.map((head) => `  ${head}\n${lines(count, '    x()')}\n  }`).join('\n')}\n}\n`

/** What computes, in every way to write it. */
const functionsOfContracts = `export function winOf() {}
export const drawn = (stops: number[]): number => 1
export const sum = (
  one: number,
): number => one
export class Pay {}
export async function later() {}
export const typed: (a: number) => number = double
export function* words() {}
export const table: Table = { pays: (1) }
`

// For every rule: sources that keep it, and sources that break it.
const planted: Record<keyof typeof rules, { good: Source[]; bad: Source[] }> = {
  'files are short': {
    good: [file('a.ts', lines(250, 'x()')), file('a.test.ts', lines(400, 'x()'))],
    bad: [file('a.ts', lines(251, 'x()')), file('a.test.ts', lines(401, 'x()'))],
  },
  'functions are under 70 lines': {
    good: [
      file('a.ts', `export async function a(): Promise<void> {\n${lines(67, '  x()')}\n}\n`),
      file('b.ts', `export const table = {\n${lines(90, '  a: 1,')}\n}\n`),
      file('d.ts', factoryOf(['function b() {', 'const c = () => {', 'async d() {', 'e: (x: number): void => {'], 30)),
      file('c.test.ts', `describe('all', () => {\n${lines(90, '  x()')}\n})\n`),
    ],
    bad: [
      file('a.ts', `export async function a(): Promise<void> {\n${lines(68, '  x()')}\n}\n`),
      file('b.ts', `const a = (x: number): void => {\n${lines(68, '  x()')}\n}\n`),
      file('c.ts', `export const fault = {\n  async inject(a) {\n${lines(68, '    x()')}\n  },\n}\n`),
      file('d.ts', factoryOf(['function b() {'], 69)),
      file('e.ts', factoryOf(['run(() => {', 'await each(async () => {', 'return list.map((x) => {'], 30)),
      file('f.ts', `function a(\n${lines(40, '  b: number,')}\n): void {\n${lines(40, '  x()')}\n}\n`),
    ],
  },
  'lines are at most 120 columns': {
    good: [file('a.ts', 'x'.repeat(120)), file('b.ts', `const text = '${'ä '.repeat(80)}'`)],
    bad: [file('a.ts', 'x'.repeat(121)), file('b.ts', `// ${'why '.repeat(40)}`)],
  },
  'names say what is inside': {
    good: [file('lib/run-program.int.test.ts', ''), file('chaos/targets/local/k8s-node.ts', '')],
    bad: [
      file('lib/utils.ts', ''),
      file('sut/helpers/a.ts', ''),
      file('lib/index.ts', ''),
      file('lib/RunProgram.ts', ''),
    ],
  },
  'randomness comes from the seed': {
    good: [file('chaos/a.ts', '// not Math.random(): it has no seed')],
    bad: [file('chaos/a.ts', 'const x = Math.random()'), file('scenarios/k6/a.ts', 'Math.random()')],
  },
  'time comes from the clock': {
    good: [file('lib/clock.ts', 'Date.now()'), file('scenarios/k6/a.ts', 'Date.now()'), file('a.ts', 'new Date(ms)')],
    bad: [file('chaos/a.ts', 'Date.now()'), file('sut/game/a.ts', 'const now = new Date()')],
  },
  'nothing sleeps a fixed time': {
    good: [
      file('sut/a.ts', '// timer: ends the wait at its limit\nconst timer = setTimeout(end, limit_ms)'),
      file('sut/b.ts', 'socket.setTimeout(1000)'),
      file('lib/a.ts', 'setTimeout(end, 5)'),
    ],
    bad: [file('sut/a.ts', 'setTimeout(go, 1000)'), file('sut/a.test.ts', '// timer: wait\nsetTimeout(done, 1000)')],
  },
  'nothing sleeps a fixed time (promises)': {
    good: [file('lib/wait.ts', "import { setTimeout } from 'node:timers/promises'")],
    bad: [file('chaos/a.ts', "import { setTimeout as sleep } from 'node:timers/promises'")],
  },
  'TypeScript that node runs as it is': {
    good: [file('a.ts', "const enumerate = 1\n/**\n * @param a no decorator\n */\nconst a = '@b'")],
    bad: [file('a.ts', 'export const enum Color { Red }'), file('b.ts', '@Injectable()\nclass A {}')],
  },
  'no barrels': {
    good: [file('a.ts', "export { a } from './b.ts'")],
    bad: [file('a.ts', "export * from './b.ts'")],
  },
  'nothing is left unfinished': {
    good: [file('a.ts', '// what is left to do is said elsewhere')],
    bad: [file('a.ts', '// TODO later'), file('b.ts', 'x() // FIXME')],
  },
  'imports follow the dependency rule': {
    good: [
      file('sut/wallet/a.ts', "import { a } from '#sut/platform/a.ts'\nimport type { b } from './b.ts'"),
      file('sut/wallet/a.int.test.ts', "import { a } from '#toolchain/resolve.ts'"),
      file('sut/monolith/a.ts', "import { a } from '#sut/wallet/wire.ts'"),
      file('chaos/targets/local/a.ts', "import { a } from '#sut/local/a.ts'\nimport { b } from '../target.ts'"),
      file('reports/a.ts', "import type { a } from '#sut/contracts/a.ts'\nimport { readFile } from 'node:fs'"),
      file('cli/a.ts', "import {\n  a,\n  b,\n} from '#reports/page/a.ts'"),
    ],
    bad: [
      file('lib/a.ts', "import { a } from '#sut/contracts/a.ts'"),
      file('sut/wallet/a.ts', "import { a } from '#sut/game/a.ts'"),
      file('sut/wallet/b.ts', "import { a } from '../game/a.ts'"),
      file('sut/platform/a.ts', "import { a } from '#sut/wallet/a.ts'"),
      file('sut/monolith/a.ts', "import { a } from '#sut/wallet/ledger.ts'"),
      file('chaos/engine/a.ts', "import { a } from '#sut/local/a.ts'"),
      file('chaos/engine/b.ts', "import {\n  a,\n} from '#sut/platform/a.ts'"),
      file('chaos/engine/c.ts', "const a = await import('#sut/wallet/a.ts')"),
      file('reports/a.ts', "import '#chaos/engine/a.ts'"),
      file('toolchain/a.ts', "export { a } from '#chaos/a.ts'"),
    ],
  },
  'judges compute by themselves': {
    good: [
      file('sut/contracts/a.ts', 'export const winOf = (): bigint => 0n\nexport const table = { a: 1 }\n'),
      file('reports/checks/a.ts', "import { table, type winOf } from '#sut/contracts/a.ts'"),
      file('reports/checks/b.ts', "import type { winOf } from '#sut/contracts/a.ts'"),
      file('reports/checks/a.test.ts', "import { winOf } from '#sut/contracts/a.ts'"),
      file('sut/game/a.ts', "import { winOf } from '#sut/contracts/a.ts'"),
    ],
    bad: [
      file('reports/checks/one.ts', "import { winOf } from '#sut/contracts/a.ts'"),
      file('reports/checks/all.ts', "import * as a from '#sut/contracts/a.ts'"),
      file('reports/checks/again.ts', "export { winOf as win } from '../../sut/contracts/a.ts'"),
      file('reports/checks/late.ts', "const { winOf } = await import('#sut/contracts/a.ts')"),
    ],
  },
  'k6 can read what it imports': {
    good: [
      file('scenarios/k6/a.ts', "import http from 'k6/http'\nimport { a } from '../journeys/a.ts'"),
      file('scenarios/run-load.ts', "import { a } from '#lib/a.ts'"),
      file('scenarios/k6/a.test.ts', "import { test } from 'vitest'"),
    ],
    bad: [
      file('scenarios/k6/a.ts', "import { a } from '#lib/a.ts'"),
      file('scenarios/profiles/a.ts', "import { a } from 'undici'"),
      file('scenarios/journeys/a.ts', "import { a } from '../../lib/a.ts'"),
    ],
  },
  'every part is in its registry': {
    good: [],
    bad: [
      file('chaos/faults/a.ts', 'export const a: Fault<B> = {'),
      file('chaos/experiments/a.ts', 'export const a: Experiment = {'),
      file('scenarios/journeys/a.ts', 'export const a: Journey = {'),
      file('scenarios/profiles/a.ts', 'export const a: Profile = {'),
      file('chaos/probes/a.ts', 'export const a: Probe = {'),
      file('reports/checks/a.ts', 'export const a: Check = {'),
      file('sut/designs/bugs/a.ts', 'export const a: PlantedBug = {'),
      file('cli/commands/a.ts', "export const a = {\n  command: 'a',"),
    ],
  },
}

describe('each rule fails on what it forbids', () => {
  test.each(Object.keys(rules))('%s', (name) => {
    const { good, bad } = planted[name]!
    expect(rules[name]!(good)).toEqual([])
    for (const source of bad) expect(rules[name]!([source]), source.text).toHaveLength(1)
  })

  test('what a contract computes is seen, however it is written; data is not', () => {
    const contract = file('sut/contracts/a.ts', functionsOfContracts)
    const judge = (name: string) => file('reports/checks/b.ts', `import { ${name} } from '#sut/contracts/a.ts'`)
    for (const name of ['winOf', 'drawn', 'sum', 'Pay', 'later', 'typed', 'elsewhere', 'words'])
      expect(rules['judges compute by themselves']!([contract, judge(name)]), name).toHaveLength(1)
    expect(rules['judges compute by themselves']!([contract, judge('table')])).toEqual([])
  })

  test('k6 reads what its scripts import', () => {
    const script = file('scenarios/k6/a.ts', "import { a } from '../schedule.ts'")
    const schedule = file('scenarios/schedule.ts', "import { a } from '#lib/a.ts'")
    expect(rules['k6 can read what it imports']!([schedule, script])).toHaveLength(1)
    expect(rules['k6 can read what it imports']!([schedule])).toEqual([])
  })

  test('what is in its registry is let through', () => {
    const fault = file('chaos/faults/a.ts', 'export const a: Fault<B> = {')
    const registry = file('chaos/faults/registry.ts', "import { a } from './a.ts'")
    expect(rules['every part is in its registry']!([fault, registry])).toEqual([])
  })
})

function file(path: string, text: string): Source {
  return { path, text }
}

async function readSources(folder = ''): Promise<Source[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true })
  const found = entries.map(async (entry): Promise<Source[]> => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.isDirectory()) return entry.name.startsWith('.') || skipped.includes(entry.name) ? [] : readSources(path)
    return entry.name.endsWith('.ts') ? [{ path, text: await readFile(join(root, path), 'utf8') }] : []
  })
  return (await Promise.all(found)).flat()
}
