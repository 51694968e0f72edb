import { expect, test } from 'vitest'
import { random } from '#lib/random.ts'
import { anomaliesOf } from './anomalies.ts'
import type { ListHistory, Transaction } from './list-append.ts'

type Parts = Partial<Omit<Transaction, 'name'>>
const of = (transactions: readonly Parts[], lists: Record<string, number[]>): ListHistory => ({
  transactions: transactions.map((each, index) => ({ name: `T${index}`, reads: [], ...each })),
  lists: new Map(Object.entries(lists)),
})
const saw = (list: string, length: number | null) => ({ list, length })
const kindsOf = (history: ListHistory): string[] => anomaliesOf(history).found.map(({ kind }) => kind)

// Examples of the definitions: Adya, Weak Consistency (1999), chapter 3 and 4, and of Elle, written as lists.
test.each<[string, ListHistory, string]>([
  ['G0, write cycle: two lists have two transactions in opposite orders', of([{}, {}], { x: [0, 1], y: [1, 0] }), 'G0'],
  ['G1a, aborted read', of([{ aborted: true }, { reads: [saw('x', 1)] }], { x: [0] }), 'G1a'],
  ['G1a, of what never was', of([{}, { reads: [saw('x', null)] }], { x: [0] }), 'G1a'],
  ['G1b, intermediate read', of([{}, { reads: [saw('x', 1)] }], { x: [0, 0] }), 'G1b'],
  [
    'G1c, circular information flow: each saw what the other wrote',
    of([{ reads: [saw('y', 1)] }, { reads: [saw('x', 1)] }], { x: [0], y: [1] }),
    'G1c',
  ],
  [
    'G-single, read skew: the new x and the old y of one transaction',
    of([{}, { reads: [saw('x', 1), saw('y', 0)] }], { x: [0], y: [0] }),
    'G-single',
  ],
  [
    'lost update: two saw the same state and both wrote',
    of([{ reads: [saw('x', 0)] }, { reads: [saw('x', 0)] }], { x: [0, 1] }),
    'lost-update',
  ],
  [
    'G2, write skew: each read what the other changed',
    of([{ reads: [saw('x', 0)] }, { reads: [saw('y', 0)] }], { x: [1], y: [0] }),
    'G2',
  ],
])('%s', (_, history, kind) => expect(kindsOf(history)).toEqual([kind]))

const at = (asked_ms: number, answered_ms: number) => ({ asked_ms, answered_ms })

test('real time: a write that was answered before another was asked, and comes after it', () => {
  const { found } = anomaliesOf(of([at(0, 1), at(2, 3)], { x: [1, 0] }))
  expect(found).toMatchObject([{ kind: 'G0', realtime: true }])
  expect(found[0]?.text).toBe('T0 was answered before T1, and T1 was appended before T0')
})

test('real time: a read that does not see what was answered before it was asked', () => {
  const stale = of([at(0, 1), { ...at(2, 3), reads: [saw('x', 0)] }], { x: [0] })
  expect(anomaliesOf(stale).found).toMatchObject([{ kind: 'G-single', realtime: true }])
  const beside = of([at(0, 2), { ...at(2, 3), reads: [saw('x', 0)] }], { x: [0] })
  expect(anomaliesOf(beside).found).toEqual([])
})

test('of many cycles few are looked into, and all are counted; a witness is as small as it can be', () => {
  const transactions = Array.from({ length: 100 }, () => ({}))
  const pairs = Array.from({ length: 50 }, (_, index) => [
    [`x${index}`, [2 * index, 2 * index + 1]],
    [`y${index}`, [2 * index + 1, 2 * index]],
  ]).flat() as [string, number[]][]
  const { found, more } = anomaliesOf(of(transactions, Object.fromEntries(pairs)))
  expect(found.length + more).toBe(50)
  expect(found.every(({ transactions: cycle }) => cycle.length === 2)).toBe(true)
})

/** Transactions one after the other, each of which sees and appends at random: nothing can be wrong with that. */
function serial(seed: string, length: number): { transactions: Parts[]; lists: Record<string, number[]> } {
  const source = random(seed)
  const names = ['x', 'y', 'z', 'w']
  const lists: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]))
  const transactions = Array.from({ length }, (_, index): Parts => {
    const reads = names.filter(() => source.next() < 0.5).map((name) => saw(name, lists[name]!.length))
    for (const name of names) if (source.next() < 0.4) lists[name]!.push(index)
    const begin_ms = index * 10 + source.next() * 4
    return { reads, asked_ms: begin_ms - source.next() * 30, answered_ms: begin_ms + 1 + source.next() * 30 }
  })
  return { transactions, lists }
}

test('random serial histories, though they overlap in time, have none; with one cycle in them exactly that one', () => {
  for (let run = 0; run < 200; run++) {
    const { transactions, lists } = serial(`serial ${run}`, 60)
    expect(kindsOf(of(transactions, lists))).toEqual([])
    const planted = [...transactions, {}, {}]
    expect(kindsOf(of(planted, { ...lists, p: [60, 61], q: [61, 60] }))).toEqual(['G0'])
    const lost = [...transactions, { reads: [saw('p', 0)] }, { reads: [saw('p', 0)] }]
    expect(kindsOf(of(lost, { ...lists, p: [60, 61] }))).toEqual(['lost-update'])
  }
})

test('a long chain takes no stack and little time', () => {
  const length = 300_000
  const chain = Array.from({ length }, (_, index) => index)
  const transactions = chain.map((index) => ({ reads: [saw('x', index)], ...at(index, index + 0.5) }))
  expect(anomaliesOf(of(transactions, { x: chain })).found).toEqual([])
})
