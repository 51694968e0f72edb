import type { SystemEvent } from '#sut/contracts/events.ts'
import type { StateOf } from '#sut/contracts/state.ts'
import type { Evidence } from '../checks/evidence.ts'
import type { State } from '../record/record.ts'

// What an event must say of the transfer, round or hold that it is about: each field of it follows from the books. Who knows only the
// events (read models, the audit trail, whoever settles limits) is as wrong as they are.

interface Wrong {
  what: string
  entries: (object | undefined)[]
}
interface Fact {
  /** Of which there is one event each, at the most. */
  subject: string
  line: object
  fields: Readonly<Record<string, unknown>>
  at_ms?: number
}

/** Times of one instant that were rounded on different ways. */
const rounding_ms = 1.5

export function eventFacts(state: State, { transferById, roundById, holdById, entriesByTransfer }: Evidence) {
  const told = new Map<string, string>()

  const ofTransfer = (transfer: StateOf<'transfer'>): Fact => {
    const {
      transfer_id,
      transfer_kind: kind,
      player_id,
      amount_minor,
      round_id,
      game_id,
      created_at_ms: at_ms,
    } = transfer
    const own = entriesByTransfer.get(transfer_id)?.find(({ account }) => account === `player:${player_id}`)
    const entry = own && { version: own.version, balance_after_minor: own.balance_after_minor }
    const round = round_id === null ? {} : { round_id, game_id }
    return {
      subject: `transfer ${transfer_id}`,
      line: transfer,
      fields: { player_id, kind, amount_minor, ...entry, ...round },
      at_ms,
    }
  }
  const ofRound = (round: StateOf<'round'>): Fact => {
    const { round_id, player_id, game_id, status, stake_minor, win_minor } = round
    const fields = { player_id, game_id, status, stake_minor, win_minor: status === 'completed' ? win_minor : 0 }
    return { subject: `round ${round_id}`, line: round, fields }
  }
  const ofHold = (hold: StateOf<'hold'>, type: SystemEvent['type']): Fact => {
    const { hold_id, player_id, amount_minor, created_at_ms, ended_at_ms } = hold
    const of = { subject: `hold ${hold_id}, ${type}`, line: hold }
    const fields = { player_id, amount_minor }
    if (type === 'wallet.hold_placed')
      return { ...of, fields: { ...fields, expires_at_ms: Math.round(hold.expires_at_ms) }, at_ms: created_at_ms }
    const { transfer_id, captured_minor } = hold
    const captured = type === 'wallet.hold_captured' ? { transfer_id, captured_minor } : {}
    return { ...of, fields: { ...fields, ...captured }, ...(ended_at_ms !== null && { at_ms: ended_at_ms }) }
  }
  /** null: it is about nothing of these; a text: about something that the books do not have. */
  const factOf = (event: SystemEvent): Fact | string | null => {
    if (event.type === 'wallet.transferred') {
      const transfer = transferById.get(event.transfer_id)
      return transfer === undefined ? `transfer ${event.transfer_id}` : ofTransfer(transfer)
    }
    if (event.type === 'game.round_ended') {
      const round = roundById.get(event.round_id)
      return round === undefined ? `round ${event.round_id}` : ofRound(round)
    }
    if (!('hold_id' in event)) return null
    const hold = holdById.get(event.hold_id)
    const status = /^wallet\.hold_(?<status>\w+)$/.exec(event.type)?.groups?.['status']
    if (hold === undefined || (status !== 'placed' && status !== hold.status)) return `${status} hold ${event.hold_id}`
    return ofHold(hold, event.type)
  }

  return {
    /** Null: it says what the books say, and is the only one to say it. */
    wrongWith(event: SystemEvent): Wrong | null {
      const fact = factOf(event)
      if (fact === null) return null
      if (typeof fact === 'string') return { what: `is of ${fact}, which the books do not have`, entries: [] }
      const { subject, line, fields, at_ms } = fact
      const wrong = (what: string): Wrong => ({ what, entries: [line] })
      const before = told.get(subject)
      told.set(subject, event.id)
      if (before !== undefined && before !== event.id) return wrong(`tells of ${subject} again, after ${before}`)
      for (const [name, wanted] of Object.entries(fields)) {
        const said = Reflect.get(event, name) as unknown
        if (said !== wanted) return wrong(`says ${name} ${String(said)}, the books have ${String(wanted)}`)
      }
      if (at_ms !== undefined && Math.abs(event.occurred_at_ms - at_ms) > rounding_ms)
        return wrong(`says that it was at ${event.occurred_at_ms}, the books say ${at_ms}`)
      return null
    },
    /** After all events: rounds that have ended, and holds, that no event was about. */
    *untold(): Generator<Wrong> {
      for (const round of state.round)
        if ((round.status === 'completed' || round.status === 'cancelled') && !told.has(ofRound(round).subject))
          yield {
            what: `Round ${round.round_id} (key ${round.key}) has ended, and no event tells of it.`,
            entries: [round],
          }
      for (const hold of state.hold)
        if (!told.has(ofHold(hold, 'wallet.hold_placed').subject))
          yield {
            what: `Hold ${hold.hold_id} (key ${hold.key}) was placed, and no event tells of it.`,
            entries: [hold],
          }
    },
  }
}
