import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { evidenceOf } from '../checks/evidence.ts'
import { ledgerHistory } from '../checks/ledger-lists.ts'
import { acknowledged, cleanRecord, linesOfKind } from '../checks/testing.ts'
import { anomaliesOf } from '../model/anomalies.ts'
import type { ListHistory } from '../model/list-append.ts'
import { recordOf, type RawRecord } from '../record/fixture.ts'
import { elleLines } from './elle.ts'

// adya (crates.io) is a reader of list-append histories that shares no code with ours: both must say the same. Its path is ADYA_PATH, or
// it is installed once into the cache of the toolchain, where cargo is there; without either these tests are left out, and say so.
const version = '0.1.0'
const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'slot-chaos', `adya-${version}`)
const install_ms_max = 170_000

function adyaPath(): string | undefined {
  const given = process.env['ADYA_PATH'] ?? join(cache, 'bin', 'adya')
  if (existsSync(given)) return given
  if (process.env['ADYA_PATH'] !== undefined) return undefined
  const cargo = spawnSync('cargo', ['--version'], { encoding: 'utf8' })
  if (cargo.status !== 0) return undefined
  mkdirSync(cache, { recursive: true })
  const wanted = ['install', 'adya', '--version', version, '--no-default-features', '--root', cache]
  spawnSync('cargo', wanted, { timeout: install_ms_max, stdio: 'ignore' })
  return existsSync(given) ? given : undefined
}

const adya = adyaPath()
const title = adya === undefined ? 'adya (left out: neither ADYA_PATH nor a cargo that can install it)' : 'adya'

const at = (asked_ms: number, answered_ms: number) => ({ asked_ms, answered_ms })
const saw = (list: string, length: number) => ({ list, length })
const of = (transactions: object[], lists: Record<string, number[]>): ListHistory => ({
  transactions: transactions.map((each, index) => ({ name: `T${index}`, reads: [], ...each })),
  lists: new Map(Object.entries(lists)),
})

describe.skipIf(adya === undefined)(title, () => {
  const folder = mkdtempSync(join(tmpdir(), 'adya-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  function saysOf(history: ListHistory): { valid: boolean | string; anomaly_types: string[] } {
    const file = join(folder, 'history.jsonl')
    writeFileSync(file, [...elleLines(history)].join('\n'))
    const { stdout } = spawnSync(adya!, ['check', '--json', file], { encoding: 'utf8', timeout: 60_000 })
    return JSON.parse(stdout) as { valid: boolean; anomaly_types: string[] }
  }

  function ledger(change: (raw: RawRecord) => void = () => undefined): ListHistory {
    const raw = cleanRecord()
    change(raw)
    const record = recordOf(raw)
    return ledgerHistory(record, evidenceOf(record))
  }

  test('a correct record is correct for both', () => {
    const history = ledger()
    expect(anomaliesOf(history).found).toEqual([])
    expect(saysOf(history)).toMatchObject({ valid: true, anomaly_types: [] })
  })

  test.each<[string, ListHistory]>([
    ['a lost update', of([{ reads: [saw('x', 0)] }, { reads: [saw('x', 0)] }], { x: [0, 1] })],
    ['a write cycle', of([{}, {}], { x: [0, 1], y: [1, 0] })],
    ['an intermediate read', of([{}, { reads: [saw('x', 1)] }], { x: [0, 0] })],
    ['an aborted read', of([{ aborted: true }, { reads: [saw('x', 1)] }], { x: [0] })],
    ['read skew', of([{}, { reads: [saw('x', 1), saw('y', 0)] }], { x: [0], y: [0] })],
    ['write skew', of([{ reads: [saw('x', 0)] }, { reads: [saw('y', 0)] }], { x: [1], y: [0] })],
    ['a write before an answered one', of([at(0, 1), at(2, 3)], { x: [1, 0] })],
    ['a stale read', of([at(0, 1), { ...at(2, 3), reads: [saw('x', 0)] }], { x: [0] })],
    ['a lost transfer in a ledger', ledger(loseOne)],
    [
      'a read of what never was in a ledger',
      ledger((raw) => (acknowledged(raw, 'balance').end.value['version'] = 9999)),
    ],
  ])('%s is broken for both', (_, history) => {
    expect(anomaliesOf(history).found.length).toBeGreaterThan(0)
    expect(saysOf(history).valid).toBe(false)
  })
})

function loseOne(raw: RawRecord): void {
  const [, one, ...after] = linesOfKind(raw, 'entry').filter(({ account }) => account === 'player:p-1')
  for (const entry of after) entry.balance_after_minor -= one!.amount_minor
}
