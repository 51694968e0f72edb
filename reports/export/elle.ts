import type { ListHistory } from '../model/list-append.ts'

// A list-append history as Elle and its kin read it (https://github.com/jepsen-io/elle): one JSON object a line,
//
//   {"index":0,"type":"invoke","process":0,"value":[["r","player:p-1",null],["append","player:p-1",7],["append","house:3",7]]}
//   {"index":1,"type":"ok","process":0,"value":[["r","player:p-1",[3,5]],["append","player:p-1",7],["append","house:3",7]]}
//
// in the order of real time; each transaction is a process of its own. What is in the ledger has happened, so it is `ok`; where nobody was
// told, only at the end. A last transaction reads every list, so that a reader who knows no ledger has the order of the appends.

/** Reads of longer lists are left out: the size of the history would grow with the square of theirs. */
export const seen_max = 1000

type Micro = readonly ['append', string, number] | readonly ['r', string, readonly number[] | null]
interface Event {
  at_ms: number
  asks: boolean
  process: number
  type: 'invoke' | 'ok' | 'fail'
}

/** The lines of the file, without their ends. */
export function* elleLines(history: ListHistory): Generator<string> {
  const { lists, transactions } = history
  const elements = elementsOf(lists)
  const appends = appendsOf(lists, elements)
  const reader = transactions.length
  let index = 0
  const line = (type: Event['type'], process: number, value: readonly Micro[]): string =>
    JSON.stringify({ index: index++, type, process, value })
  const valueOf = (process: number, known: boolean): Micro[] => [
    ...transactions[process]!.reads.flatMap(({ list, length }): Micro[] =>
      (length ?? 0) > seen_max || isHouse(list) ? [] : [['r', list, known ? seenIn(elements.get(list), length) : null]],
    ),
    ...(appends.get(process) ?? []),
  ]
  for (const { process, type } of eventsOf(transactions)) yield line(type, process, valueOf(process, type === 'ok'))
  yield line(
    'invoke',
    reader,
    [...elements.keys()].map((list) => ['r', list, null]),
  )
  yield line(
    'ok',
    reader,
    [...elements].map(([list, values]) => ['r', list, values]),
  )
}

/** Long lists that no client reads: what a transfer built on there is in the order of the appends already. */
const isHouse = (list: string): boolean => list.startsWith('house:')

/** Every element has a number of its own. */
function elementsOf(lists: ListHistory['lists']): Map<string, number[]> {
  let next = 1
  return new Map([...lists].map(([list, of]) => [list, of.map(() => next++)]))
}

/** No list ever got what null stands for. */
const never_appended = -1

const seenIn = (elements: readonly number[] = [], length: number | null): number[] =>
  length === null ? [never_appended] : elements.slice(0, length)

function appendsOf(
  lists: ListHistory['lists'],
  elements: ReadonlyMap<string, readonly number[]>,
): Map<number, Micro[]> {
  const appends = new Map<number, Micro[]>()
  for (const [list, of] of lists)
    for (const [at, transaction] of of.entries()) {
      const known = appends.get(transaction) ?? []
      known.push(['append', list, elements.get(list)![at]!])
      appends.set(transaction, known)
    }
  return appends
}

/** In the order of time. At the same moment nothing is certain: questions come first. */
function eventsOf(transactions: ListHistory['transactions']): Event[] {
  return transactions
    .flatMap(({ asked_ms = -Infinity, answered_ms = Infinity, aborted }, process): Event[] => [
      { at_ms: asked_ms, asks: true, process, type: 'invoke' },
      { at_ms: answered_ms, asks: false, process, type: aborted === true ? 'fail' : 'ok' },
    ])
    .toSorted((one, other) =>
      one.at_ms === other.at_ms ? Number(other.asks) - Number(one.asks) : one.at_ms - other.at_ms,
    )
}
