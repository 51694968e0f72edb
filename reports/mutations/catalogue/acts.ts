import type { SystemEvent } from '#sut/contracts/events.ts'
import { anyOf, removeEvents, statesOf, transfersOf } from '../lines.ts'
import type { RawRecord } from '../../record/fixture.ts'
import type { Mutation } from '../mutation.ts'

// Events that say another thing than the books and the requests, and times and tombstones that cannot be.

const eventsOf = (raw: RawRecord, type: SystemEvent['type']): SystemEvent[] =>
  statesOf(raw, 'log').flatMap(({ event }) => (event.type === type ? [event] : []))

/** One event of this type says another thing, wherever it is written down. */
const said = (
  name: string,
  what: string,
  type: SystemEvent['type'],
  seen_by: readonly string[],
  other: (event: SystemEvent) => object,
): Mutation => ({
  name,
  what,
  seen_by,
  change(raw, random) {
    const event = anyOf(random, eventsOf(raw, type))
    return event !== undefined && Object.assign(event, other(event)) === event
  },
  derived: false,
})

/** All events of this type, and their rows in the outbox, were never there; the audit trail follows. */
const untold = (type: SystemEvent['type']): Mutation => ({
  name: `untold-${type.replaceAll(/[._]/g, '-')}`,
  what: `what was acknowledged has no event ${type}`,
  seen_by: ['acts-told'],
  change(raw) {
    const gone = new Set(eventsOf(raw, type).map(({ id }) => id))
    removeEvents(raw, gone)
    return gone.size > 0
  },
})

const log = ['outbox-log'] as const
const acts = ['acts-told'] as const
const hour_ms = 3_600_000
const later = ({ occurred_at_ms }: SystemEvent): object => ({ occurred_at_ms: occurred_at_ms + hour_ms })

export const actMutations: readonly Mutation[] = [
  untold('identity.player_registered'),
  untold('identity.logged_in'),
  untold('identity.logged_out'),
  untold('session.opened'),
  untold('limit.changed'),
  untold('player.suspended'),
  untold('player.reinstated'),
  said('limit-told-otherwise', 'the event of a limit says another limit', 'limit.changed', acts, () => ({
    daily_loss_max_minor: 7,
  })),
  said('session-told-otherwise', 'the event of a session says another game', 'session.opened', acts, () => ({
    game_id: 'another',
  })),
  said(
    'suspended-by-nobody',
    'the event of a suspension names an operator who did not ask',
    'player.suspended',
    acts,
    () => ({
      operator_id: 'operator-9',
    }),
  ),
  said('exclusion-told-shorter', 'the event of an exclusion says an earlier end', 'player.excluded', acts, (event) => ({
    until_ms: 'until_ms' in event ? event.until_ms - hour_ms : 0,
  })),
  said('session-told-late', 'the event of a session says that it was an hour later', 'session.opened', acts, later),
  said(
    'transfer-told-late',
    'the event of a transfer says that it was an hour later',
    'wallet.transferred',
    log,
    later,
  ),
  said('transfer-told-of-another', 'the event of a transfer names another player', 'wallet.transferred', log, () => ({
    player_id: 'somebody-else',
  })),
  said(
    'transfer-told-twice-the-balance',
    'the event of a transfer says another balance',
    'wallet.transferred',
    log,
    (event) => ({
      balance_after_minor: 'balance_after_minor' in event ? event.balance_after_minor + 1 : 0,
    }),
  ),
  said('round-told-otherwise', 'the event of a round says that it was cancelled', 'game.round_ended', log, () => ({
    status: 'cancelled',
  })),
  said('hold-told-otherwise', 'the event of a hold says another amount', 'wallet.hold_placed', log, (event) => ({
    amount_minor: 'amount_minor' in event ? event.amount_minor + 1 : 0,
  })),
  {
    name: 'outbox-row-twice',
    what: 'an event stands in its outbox twice',
    seen_by: log,
    derived: false,
    change(raw, random) {
      const row = anyOf(random, statesOf(raw, 'outbox'))
      if (row !== undefined) raw.ledger.push({ ...row })
      return row !== undefined
    },
  },
  {
    name: 'game-model-of-nothing',
    what: 'a read model tells of a game that nobody played',
    seen_by: ['read-models'],
    derived: false,
    change(raw) {
      raw.ledger.push({ kind: 'game_model', game_id: 'nobody-s', rounds: 5, staked_minor: 500, won_minor: 0 })
      return true
    },
  },
  {
    name: 'transfer-at-another-time',
    what: 'a transfer says that it was made an hour before anybody asked for it',
    seen_by: ['effects-as-asked'],
    change(raw, random) {
      const transfer = anyOf(random, transfersOf(raw, 'deposit', 'bet'))
      if (transfer !== undefined) transfer.created_at_ms -= hour_ms
      return transfer !== undefined
    },
  },
  {
    name: 'tombstone-of-a-bet-that-stood',
    what: 'a bet was refused in advance, and stands',
    seen_by: ['rounds-ended'],
    derived: false,
    change(raw, random) {
      const bet = anyOf(random, transfersOf(raw, 'bet'))
      if (bet !== undefined) raw.ledger.push({ ...bet, transfer_id: 'tombstone-1', transfer_kind: 'tombstone' })
      return bet !== undefined
    },
  },
]
