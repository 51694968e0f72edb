import type { HistoryLine } from '../record/format.ts'
import { ended, numberIn, type Operation } from './evidence.ts'

// Reads and writes of a player's account carry its version, so that order can be judged in one pass over time:
//
//   write  invoke ───── ok version 7
//   read                             invoke (floor: 7) ───── ok version 6   ← went back
//
// An operation is after another one when it was invoked after the other's answer; what overlaps has no order.

/** An answered read, and the newest version that its client had been told of before it asked. */
export interface Read {
  read: Operation
  version: number
  floor: { version: number; by: Operation } | undefined
}

const soon_ms = 1000

/** Whether a read was asked so soon after an answer that what is old could still be somewhere. */
export const isSoon = ({ invoke }: Operation, by: Operation | undefined): boolean =>
  by?.end !== undefined && invoke.at_ms - by.end.at_ms < soon_ms

/** All answered reads of balances, against the answers of `counted` kinds that came before they were asked. */
export function readsAgainst(operations: readonly Operation[], counted: ReadonlySet<string>): Read[] {
  const moments: { at_ms: number; operation: Operation; line: HistoryLine; answered: boolean }[] = []
  for (const operation of operations) {
    if (!ended(operation, 'ok') || numberIn(operation.end!.value, 'version') === undefined) continue
    const { invoke, end } = operation
    if (operation.kind === 'balance') moments.push({ at_ms: invoke.at_ms, operation, line: invoke, answered: false })
    if (counted.has(operation.kind)) moments.push({ at_ms: end!.at_ms, operation, line: end!, answered: true })
  }
  // At the same moment nothing is certain: questions come first, so that they are not held against the answer.
  moments.sort((one, other) => one.at_ms - other.at_ms || Number(one.answered) - Number(other.answered))
  const newest = new Map<string, { version: number; by: Operation }>()
  const reads: Read[] = []
  for (const { operation, answered } of moments) {
    const version = numberIn(operation.end!.value, 'version')!
    const known = newest.get(operation.player_id)
    if (!answered) reads.push({ read: operation, version, floor: known })
    else if (known === undefined || known.version < version) newest.set(operation.player_id, { version, by: operation })
  }
  return reads
}
