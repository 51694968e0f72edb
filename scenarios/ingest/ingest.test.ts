import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Value } from 'typebox/value'
import { afterAll, expect, test } from 'vitest'
import { readLines } from '#lib/json-lines.ts'
import { historyLine, type HistoryLine, type RequestRow } from '#reports/record/format.ts'
import { readRequests } from '#reports/record/requests.ts'
import type { AttemptCells, EndLine, InvokeLine, LoadLine } from '../k6/lines.ts'
import { ingest } from './ingest.ts'

const folder = mkdtempSync(join(tmpdir(), 'ingest-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

// One arrival a second, at 1000, 2000 … 5000 ms after the zero of 10 000.
const stages = [{ duration_s: 5, from_per_s: 1, to_per_s: 1 }]
const zero: LoadLine = { t: 'start', at: 10_000 }
const cells = (start_ms: number, status = 200, error = '', region = 'a'): AttemptCells => [
  region,
  start_ms,
  0,
  0,
  0,
  0.1,
  1,
  0.2,
  1.5,
  status,
  error,
]
const invoke = (i: number, s: number): InvokeLine => ({
  t: 'invoke',
  o: `i${i}`,
  i,
  k: 'spin',
  c: 'player',
  p: 'P',
  s,
  q: { stake_minor: 10 },
})
const end = (i: number, s: number, e: number, more: Partial<EndLine> = {}): EndLine => ({
  t: 'end',
  o: `i${i}`,
  i,
  k: 'spin',
  c: 'player',
  p: 'P',
  s,
  e,
  r: 'ok',
  v: { round_id: `r${i}` },
  a: [cells(s)],
  ...more,
})

async function ingested(
  lines: readonly LoadLine[],
  rest = '',
  more: { stop_asked_ms?: number; dropped?: number } = {},
) {
  const output_file = join(folder, 'output.jsonl')
  writeFileSync(output_file, lines.map((line) => `${JSON.stringify(line)}\n`).join('') + rest)
  const { stop_asked_ms = null, dropped } = more
  const iterations = new Set(lines.flatMap((line) => ('i' in line ? [line.i] : []))).size
  const counts = dropped === undefined ? null : { iterations, dropped }
  const result = await ingest({ folder, run_id: 'run', output_file, stages, stop_asked_ms, ended_ms: 16_000, counts })
  const requests: RequestRow[] = await Array.fromAsync(
    readRequests(join(folder, 'requests.csv'), { torn: () => expect.fail('torn') }),
  )
  const history = await Array.fromAsync(readLines<HistoryLine>(join(folder, 'history.jsonl')))
  for (const line of history) Value.Assert(historyLine, line)
  return { result, requests, history }
}

test('arrivals get their planned start, and what found no player is a dropped line', async () => {
  const { result, requests } = await ingested([
    zero,
    invoke(0, 11_003),
    end(0, 11_003, 13_500),
    invoke(1, 14_001),
    end(1, 14_001, 14_010),
    invoke(2, 15_002),
    end(2, 15_002, 15_010),
  ])
  expect(result).toMatchObject({ planned: 5, started: 3, dropped: 2, operations: 3, ok: 3, unfinished: 0 })
  expect(requests.map(({ operation_id, planned_ms, dropped }) => [operation_id, planned_ms, dropped])).toEqual([
    ['i0', 11_000, 0],
    ['i1', 14_000, 0],
    ['i2', 15_000, 0],
    ['dropped-1', 12_000, 1],
    ['dropped-2', 13_000, 1],
  ])
})

test('all attempts of an operation are lines, with its outcome on each of them', async () => {
  const attempts = [cells(11_003, 0, '1050'), cells(12_100, 503, 'unavailable', 'b')]
  const { requests, history } = await ingested([
    zero,
    invoke(0, 11_003),
    end(0, 11_003, 12_110, { r: 'info', v: { code: 'unavailable' }, a: attempts }),
  ])
  expect(requests.filter(({ dropped }) => dropped === 0)).toMatchObject([
    { attempt: 1, region: 'a', status: 0, error: '1050', outcome: 'info', waiting_ms: 1, duration_ms: 1.5 },
    { attempt: 2, region: 'b', status: 503, error: 'unavailable', outcome: 'info' },
  ])
  expect(history.map(({ type, key }) => [type, key])).toEqual([
    ['invoke', 'run-i0'],
    ['info', 'run-i0'],
  ])
})

test('the history is ordered by time, though a slow operation without money is told of at its end', async () => {
  const { history } = await ingested([
    zero,
    invoke(1, 12_000),
    end(1, 12_000, 12_005),
    invoke(2, 13_000),
    end(2, 13_000, 13_005),
    end(0, 11_000, 13_400, { k: 'balance', q: {}, v: { balance_minor: 5, version: 1 } }),
  ])
  expect(history.map(({ at_ms, type, operation_id }) => [at_ms, type, operation_id])).toEqual([
    [11_000, 'invoke', 'i0'],
    [12_000, 'invoke', 'i1'],
    [12_005, 'ok', 'i1'],
    [13_000, 'invoke', 'i2'],
    [13_005, 'ok', 'i2'],
    [13_400, 'ok', 'i0'],
  ])
  expect(history[0]).not.toHaveProperty('key')
})

test('an operation without an end may have happened; a line cut short is no line', async () => {
  const { result, requests, history } = await ingested([zero, invoke(0, 11_003)], '{"t":"end","o":"i0"')
  expect(result).toMatchObject({ info: 1, unfinished: 1, torn: 1, started: 1 })
  expect(history.at(-1)).toMatchObject({ type: 'info', at_ms: 16_000, value: { code: 'unfinished' } })
  expect(requests[0]).toMatchObject({ outcome: 'info', status: 0, error: 'unfinished', duration_ms: 4997 })
})

test('nothing was planned after the stop, but for what started nevertheless', async () => {
  const { result } = await ingested(
    [zero, invoke(0, 11_003), end(0, 11_003, 11_010), { t: 'skip', i: 1, s: 13_001 }, { t: 'skip', i: 2, s: 14_001 }],
    '',
    { stop_asked_ms: 12_500, dropped: 1 },
  )
  expect(result).toMatchObject({ planned: 2, started: 1, dropped: 1, skipped: 2 })
})

test('late starts are no dropped arrivals: k6 itself counts none', async () => {
  const starts = [11_001, 13_500, 14_200, 14_300, 15_900]
  const lines = starts.flatMap((start_ms, index) => [invoke(index, start_ms), end(index, start_ms, start_ms + 2)])
  const { result, requests } = await ingested([zero, ...lines], '', { dropped: 0 })
  expect(result).toMatchObject({ planned: 5, started: 5, dropped: 0 })
  expect(requests.map(({ planned_ms }) => planned_ms)).toEqual([11_000, 12_000, 13_000, 14_000, 15_000])
})

test('operations beside the arrivals are planned when they start', async () => {
  const beside = { o: 'p0-login', k: 'login', q: { name: 'p0' }, v: { player_id: 'P' } } as const
  const { i: _, ...login } = end(9, 9_000, 9_004, { ...beside, a: [cells(9_000)] })
  const { result, requests } = await ingested([login, zero, invoke(0, 11_003), end(0, 11_003, 11_005)])
  expect(result).toMatchObject({ operations: 2, started: 1 })
  expect(requests[0]).toMatchObject({ kind: 'login', planned_ms: 9_000, start_ms: 9_000 })
  expect(readFileSync(join(folder, 'history.jsonl'), 'utf8')).not.toMatch(/password|token|signing/)
})

test('arrivals that k6 did not come to before the end were not delivered', async () => {
  const { result } = await ingested([zero, invoke(0, 11_003), end(0, 11_003, 11_005)], '', { dropped: 1 })
  expect(result).toMatchObject({ planned: 4, started: 1, dropped: 3 }) // the fifth is due at the very end
})
