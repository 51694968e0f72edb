import { expect, test } from 'vitest'
import type { ListHistory } from '../model/list-append.ts'
import { elleLines, seen_max } from './elle.ts'

const linesOf = (history: ListHistory): unknown[] => [...elleLines(history)].map((line) => JSON.parse(line) as unknown)

test('each transaction is asked and answered in the order of real time, and one at the end reads all', () => {
  const history: ListHistory = {
    transactions: [
      { name: 'transfer', reads: [{ list: 'player:p', length: 0 }], asked_ms: 1, answered_ms: 3 },
      { name: 'read', reads: [{ list: 'player:p', length: 1 }], asked_ms: 3, answered_ms: 4 },
      { name: 'refused', reads: [], asked_ms: 5, aborted: true },
    ],
    lists: new Map([
      ['player:p', [0]],
      ['house:1', [0]],
    ]),
  }
  const appends = [
    ['append', 'player:p', 1],
    ['append', 'house:1', 2],
  ]
  const event = (type: string, process: number, value: unknown[]) => expect.objectContaining({ type, process, value })
  expect(linesOf(history)).toEqual([
    event('invoke', 0, [['r', 'player:p', null], ...appends]),
    event('invoke', 1, [['r', 'player:p', null]]),
    event('ok', 0, [['r', 'player:p', []], ...appends]),
    event('ok', 1, [['r', 'player:p', [1]]]),
    event('invoke', 2, []),
    event('fail', 2, []),
    event('invoke', 3, [
      ['r', 'player:p', null],
      ['r', 'house:1', null],
    ]),
    event('ok', 3, [
      ['r', 'player:p', [1]],
      ['r', 'house:1', [2]],
    ]),
  ])
})

test('what was never committed is an element that nobody appended; long reads are left out', () => {
  const length = seen_max + 1
  const history: ListHistory = {
    transactions: [
      { name: 'odd', reads: [{ list: 'x', length: null }] },
      { name: 'long', reads: [{ list: 'x', length }] },
    ],
    lists: new Map([['x', Array.from({ length }, () => 1)]]),
  }
  const answers = linesOf(history).filter((line) => (line as { type: string }).type === 'ok') as { value: unknown[] }[]
  expect(answers[0]?.value).toEqual([['r', 'x', [-1]]])
  expect(answers[1]?.value).toHaveLength(length)
})
