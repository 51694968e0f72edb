import type { HistoryLine } from '../../record/format.ts'
import { anyOf, asked, entriesOf, removeEvents, roundOf, statesOf, type Asked } from '../lines.ts'
import type { RawRecord } from '../../record/fixture.ts'
import type { Mutation } from '../mutation.ts'

// What players asked to be protected from. The lie is the time: it was acknowledged before what it must have prevented.

const minute_ms = 60_000

/** As if it had been asked, acknowledged and told of a minute earlier. */
function earlier(raw: RawRecord, { invoke, end }: Asked, event: 'player.excluded' | 'limit.changed'): void {
  for (const line of [invoke, end]) line.at_ms -= minute_ms
  if (invoke.planned_ms !== undefined) invoke.planned_ms -= minute_ms
  for (const { event: told } of statesOf(raw, 'log'))
    if (told.type === event && told.player_id === invoke.player_id) told.occurred_at_ms -= minute_ms
  raw.history.sort((one, other) => one.at_ms - other.at_ms)
}

const one = (raw: RawRecord, kind: string): Asked | undefined => asked(raw, [kind])[0]
const setLimit = ({ value }: HistoryLine, daily_loss_max_minor: number): void =>
  void (value['daily_loss_max_minor'] = daily_loss_max_minor)

export const protectionMutations: readonly Mutation[] = [
  {
    name: 'played-while-excluded',
    what: 'stakes and deposits were taken from somebody whose exclusion had been acknowledged',
    seen_by: ['exclusions-kept'],
    change(raw) {
      const exclusion = one(raw, 'self_exclude')
      if (exclusion === undefined) return false
      earlier(raw, exclusion, 'player.excluded')
      return true
    },
  },
  {
    name: 'exclusion-shortened',
    what: 'an exclusion was acknowledged that ends before the days that were asked for',
    seen_by: ['exclusions-kept'],
    derived: false,
    change(raw) {
      const exclusion = one(raw, 'self_exclude')
      if (exclusion === undefined) return false
      exclusion.end.value['excluded_until_ms'] = exclusion.end.at_ms + minute_ms
      return true
    },
  },
  {
    name: 'exclusion-not-told',
    what: 'an exclusion was acknowledged that no event tells of',
    seen_by: ['exclusions-kept'],
    change(raw) {
      const events = statesOf(raw, 'log').filter(({ event }) => event.type === 'player.excluded')
      const gone = new Set(events.map(({ event }) => event.id))
      removeEvents(raw, gone)
      return gone.size > 0
    },
  },
  {
    name: 'limit-passed',
    what: 'a stake was taken with which the loss of the day is above an acknowledged limit',
    seen_by: ['limits-kept'],
    derived: false,
    change(raw) {
      const limit = one(raw, 'set_limits')
      if (limit === undefined) return false
      earlier(raw, limit, 'limit.changed')
      // Less than a stake: the first one already is above it.
      for (const { invoke, end } of asked(raw, ['set_limits', 'limits']))
        for (const line of [invoke, end]) setLimit(line, 50)
      for (const { event } of statesOf(raw, 'log')) if (event.type === 'limit.changed') event.daily_loss_max_minor = 50
      return true
    },
  },
  {
    name: 'stake-above-the-highest',
    what: 'a stake was asked for and taken that is above the highest of a round',
    seen_by: ['limits-kept'],
    change(raw, random) {
      const times = 1_000
      const lost = asked(raw, ['spin']).filter(({ end }) => end.value['win_minor'] === 0)
      const spin = anyOf(random, lost)
      const round = spin && roundOf(raw, spin)
      if (spin === undefined || round === undefined) return false
      const stake_minor = round.stake_minor * times
      round.stake_minor = stake_minor
      for (const line of [spin.invoke, spin.end]) line.value['stake_minor'] = stake_minor
      for (const transfer of statesOf(raw, 'transfer'))
        if (transfer.round_id === round.round_id)
          for (const entry of entriesOf(raw, transfer)) entry.amount_minor *= times
      for (const transfer of statesOf(raw, 'transfer'))
        if (transfer.round_id === round.round_id) transfer.amount_minor = stake_minor
      return true
    },
  },
  {
    name: 'limit-shown-higher',
    what: 'a limit was shown that is above the one that had been acknowledged',
    seen_by: ['limits-kept'],
    derived: false,
    change(raw) {
      const read = one(raw, 'limits')
      if (read === undefined) return false
      setLimit(read.end, Number(read.end.value['daily_loss_max_minor']) + 1)
      return true
    },
  },
]
