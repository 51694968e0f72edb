import type { StateOf } from '#sut/contracts/state.ts'
import { fixture, recordOf, type RawRecord } from '../record/fixture.ts'
import type { Check, Outcome } from './check.ts'
import { evidenceOf } from './evidence.ts'

// For the tests of checks: a clean record, and the same one with a bug planted in it.
const clean = fixture({ story: 'wallet-kill', rate_per_s: 12, trials: 1, players: 6, seed: 'checks' })

export const cleanRecord = (): RawRecord => structuredClone(clean)

/** What a check says of the clean record, after `plant` changed it. */
export function outcomeOf(check: Check, plant: (raw: RawRecord) => void = () => undefined): Outcome {
  const raw = cleanRecord()
  plant(raw)
  const record = recordOf(raw)
  return check.run(record, evidenceOf(record))
}

/** Lines of the final state of one kind. */
export const linesOfKind = <Kind extends RawRecord['ledger'][number]['kind']>(
  raw: RawRecord,
  kind: Kind,
): StateOf<Kind>[] => raw.ledger.filter((line): line is StateOf<Kind> => line.kind === kind)

/** The n-th acknowledged operation of a kind: its invoke line, its end, and its key. */
export function acknowledged(raw: RawRecord, kind: string, index = 3) {
  const end = raw.history.filter((line) => line.kind === kind && line.type === 'ok')[index]!
  const invoke = raw.history.find((line) => line.operation_id === end.operation_id && line.type === 'invoke')!
  return { invoke, end, key: end.key ?? '', player_id: end.player_id, operation_id: end.operation_id }
}

export function remove(raw: RawRecord, gone: (line: RawRecord['ledger'][number]) => boolean): void {
  raw.ledger = raw.ledger.filter((line) => !gone(line))
}
