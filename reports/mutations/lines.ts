import type { Random } from '#lib/random.ts'
import type { StateLine, StateOf } from '#sut/contracts/state.ts'
import type { RawRecord } from '../record/fixture.ts'
import type { HistoryLine } from '../record/format.ts'

// How mutations find what they change. All of these give lines of the record itself, to be changed in place.

export type Entry = StateOf<'entry'>
export type Transfer = StateOf<'transfer'>
export type Round = StateOf<'round'>
export type Hold = StateOf<'hold'>

export const statesOf = <Kind extends StateLine['kind']>(raw: RawRecord, kind: Kind): StateOf<Kind>[] =>
  raw.ledger.filter((line): line is StateOf<Kind> => line.kind === kind)

export const remove = (raw: RawRecord, gone: (line: StateLine) => boolean): void => {
  raw.ledger = raw.ledger.filter((line) => !gone(line))
}

/** Events with their rows in the outbox, by their ids. */
export const removeEvents = (raw: RawRecord, gone: ReadonlySet<string>): void =>
  remove(
    raw,
    (line) => (line.kind === 'log' && gone.has(line.event.id)) || (line.kind === 'outbox' && gone.has(line.event_id)),
  )

/** One of them, or undefined when there is none. */
export const anyOf = <T>(random: Random, items: readonly T[]): T | undefined =>
  items.length === 0 ? undefined : random.pick(items)

export interface Asked {
  invoke: HistoryLine
  end: HistoryLine
}

/** Operations of these kinds that ended like this. */
export function asked(raw: RawRecord, kinds: readonly string[], type: HistoryLine['type'] = 'ok'): Asked[] {
  const invokes = new Map(raw.history.flatMap((line) => (line.type === 'invoke' ? [[line.operation_id, line]] : [])))
  return raw.history.flatMap((end) => {
    const invoke = invokes.get(end.operation_id)
    return end.type === type && kinds.includes(end.kind) && invoke !== undefined ? [{ invoke, end }] : []
  })
}

export const playerAccount = (player_id: string): string => `player:${player_id}`

/** The entries that a transfer made, the player's first. */
export function entriesOf(raw: RawRecord, { transfer_id, player_id }: Transfer): Entry[] {
  const own = playerAccount(player_id)
  return statesOf(raw, 'entry')
    .filter((entry) => entry.transfer_id === transfer_id)
    .toSorted((one, other) => Number(other.account === own) - Number(one.account === own))
}

export const transfersOf = (raw: RawRecord, ...kinds: Transfer['transfer_kind'][]): Transfer[] =>
  statesOf(raw, 'transfer').filter(({ transfer_kind }) => kinds.includes(transfer_kind))

export const roundOf = (raw: RawRecord, { end }: Asked): Round | undefined =>
  statesOf(raw, 'round').find(({ round_id }) => round_id === end.value['round_id'])

/** Removes a transfer with its entries. Derived anew, its events go too. */
export const removeTransfer = (raw: RawRecord, transfer_id: string): void =>
  remove(raw, (line) => (line.kind === 'transfer' || line.kind === 'entry') && line.transfer_id === transfer_id)

/** A transfer that was never there, at the end of both accounts. */
export function addTransfer(raw: RawRecord, transfer: Omit<Transfer, 'kind'>): void {
  const { transfer_id, player_id, amount_minor, transfer_kind } = transfer
  const sign = transfer_kind === 'bet' || transfer_kind === 'withdrawal' ? -1 : 1
  const entry = (account: string, amount: number): Entry => ({
    kind: 'entry',
    account,
    version: Number.MAX_SAFE_INTEGER,
    transfer_id,
    amount_minor: amount,
    balance_after_minor: 0,
    hash: '',
  })
  const house = statesOf(raw, 'entry').find(({ account }) => account.startsWith('house:'))?.account ?? 'house:0'
  raw.ledger.push({ kind: 'transfer', ...transfer })
  raw.ledger.push(entry(playerAccount(player_id), sign * amount_minor), entry(house, -sign * amount_minor))
}
