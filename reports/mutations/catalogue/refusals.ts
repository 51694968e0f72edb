import type { Random } from '#lib/random.ts'
import {
  anyOf,
  asked,
  remove,
  removeEvents,
  removeTransfer,
  roundOf,
  statesOf,
  type Asked,
  type Round,
} from '../lines.ts'
import type { RawRecord } from '../../record/fixture.ts'
import type { HistoryLine } from '../../record/format.ts'
import type { Mutation } from '../mutation.ts'

/** Refuses an operation that had been served, and takes out of the books what it had done. */
function refuse(raw: RawRecord, operation: Asked, code: string): void {
  const { end } = operation
  const round = end.kind === 'spin' ? roundOf(raw, operation) : undefined
  if (round === undefined) removeTransfer(raw, String(end.value['transfer_id']))
  else removeRound(raw, round)
  end.type = 'fail'
  end.value = { code }
}

function removeRound(raw: RawRecord, { round_id }: Round): void {
  for (const transfer of statesOf(raw, 'transfer'))
    if (transfer.round_id === round_id) removeTransfer(raw, transfer.transfer_id)
  const events = statesOf(raw, 'log').filter(({ event }) => 'round_id' in event && event.round_id === round_id)
  removeEvents(raw, new Set(events.map(({ event }) => event.id)))
  remove(raw, (line) => line.kind === 'round' && line.round_id === round_id)
}

/** What can be refused without another lie: of spins the last of a seed, since a nonce that no round has would be one. */
function refusable(raw: RawRecord, kind: string): Asked[] {
  const served = asked(raw, [kind])
  if (kind !== 'spin') return served
  const last = new Map<string, number>()
  for (const { server_seed_hash, nonce } of statesOf(raw, 'round'))
    last.set(server_seed_hash, Math.max(nonce, last.get(server_seed_hash) ?? 0))
  return served.filter((operation) => {
    const round = roundOf(raw, operation)
    return round !== undefined && round.nonce === last.get(round.server_seed_hash)
  })
}

const refused = (kind: string, code: string): Mutation => ({
  name: `${kind}-refused-${code.replaceAll('_', '-')}`,
  what: `a ${kind} was refused with ${code}, and nothing in the state is a reason`,
  seen_by: ['refusals-justified'],
  change(raw, random) {
    const operation = anyOf(random, refusable(raw, kind))
    if (operation === undefined) return false
    refuse(raw, operation, code)
    return true
  },
})

export const refusalMutations: readonly Mutation[] = [
  refused('spin', 'session_ended'),
  refused('spin', 'insufficient_funds'),
  refused('spin', 'self_excluded'),
  refused('spin', 'loss_limit_reached'),
  refused('spin', 'reality_check_due'),
  refused('spin', 'account_suspended'),
  refused('deposit', 'self_excluded'),
  refused('deposit', 'no_such_code'),
  {
    name: 'refused-and-done',
    what: 'an operation was refused and done all the same',
    seen_by: ['fail-not-applied'],
    derived: false,
    change: (raw, random) => refuseDone(oneServed(raw, random, (count) => count === 1)),
  },
  {
    name: 'refused-beside-its-copy',
    what: 'of two operations with one key that were served as one, one was refused',
    // What was done was done for the other one.
    seen_by: ['refusals-justified'],
    derived: false,
    change: (raw, random) => refuseDone(oneServed(raw, random, (count) => count > 1)),
  },
  {
    name: 'refused-with-a-fault',
    what: 'an answer was a fault of the system that the API does not name, though a later attempt was served',
    seen_by: ['answers-named'],
    derived: false,
    change: (raw, random) => answered(raw, random, { status: 500, error: 'internal' }),
  },
  {
    name: 'refused-with-another-status',
    what: 'a refusal had a status that is not that of its code',
    seen_by: ['answers-named'],
    derived: false,
    change: (raw, random) => answered(raw, random, { status: 418 }),
  },
]

/** A deposit or spin that was served, of whose key there are as many operations as is said: also those whose answer was lost. */
function oneServed(raw: RawRecord, random: Random, copies: (count: number) => boolean): Asked | undefined {
  const keyOf = ({ player_id, key }: HistoryLine): string => `${player_id}/${key}`
  const all = Map.groupBy(raw.history, keyOf)
  const countOf = (line: HistoryLine): number => new Set(all.get(keyOf(line))?.map((each) => each.operation_id)).size
  return anyOf(
    random,
    asked(raw, ['deposit', 'spin']).filter(({ end }) => copies(countOf(end))),
  )
}

function refuseDone(operation: Asked | undefined): boolean {
  if (operation === undefined) return false
  operation.end.type = 'fail'
  operation.end.value = { code: 'insufficient_funds' }
  return true
}

/** Of an attempt that was not served. */
function answered(raw: RawRecord, random: Random, other: { status: number; error?: string }): boolean {
  const ids = new Set(raw.history.map(({ operation_id }) => operation_id))
  const row = anyOf(
    random,
    raw.requests.filter(({ operation_id, status }) => Number(status) >= 400 && ids.has(String(operation_id))),
  )
  return row !== undefined && Object.assign(row, other) === row
}
