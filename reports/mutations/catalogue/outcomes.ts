import { anyOf, statesOf, type Round } from '../lines.ts'
import type { RawRecord } from '../../record/fixture.ts'
import type { Mutation } from '../mutation.ts'

const completed = (raw: RawRecord): Round[] => statesOf(raw, 'round').filter(({ status }) => status === 'completed')

export const outcomeMutations: readonly Mutation[] = [
  {
    name: 'stops-changed',
    what: 'a round shows reels that its seeds do not give',
    seen_by: ['outcomes-rederived', 'effects-as-asked'],
    derived: false,
    change(raw, random) {
      const round = anyOf(
        random,
        completed(raw).filter(({ stops, server_seed }) => stops !== null && server_seed !== null),
      )
      if (round === undefined) return false
      round.stops = round.stops!.map((stop) => stop + 1)
      return true
    },
  },
  {
    name: 'seed-exchanged',
    what: 'a seed was revealed that is not the promised one',
    seen_by: ['outcomes-rederived', 'effects-as-asked'],
    derived: false,
    change(raw, random) {
      const round = anyOf(
        random,
        completed(raw).filter(({ server_seed }) => server_seed !== null),
      )
      if (round === undefined) return false
      for (const other of completed(raw))
        if (other.server_seed_hash === round.server_seed_hash) other.server_seed = 'another seed'
      return true
    },
  },
  {
    name: 'nonce-left-out',
    what: 'a nonce in the middle was drawn with and thrown away',
    seen_by: ['nonces-once', 'outcomes-rederived'],
    derived: false,
    change(raw, random) {
      const round = anyOf(
        random,
        completed(raw).filter(({ nonce }) => nonce > 0),
      )
      if (round === undefined) return false
      for (const other of completed(raw))
        if (other.server_seed_hash === round.server_seed_hash && other.nonce >= round.nonce) other.nonce++
      return true
    },
  },
  {
    name: 'nonce-twice',
    what: 'two rounds were drawn with one nonce',
    seen_by: ['nonces-once', 'outcomes-rederived'],
    derived: false,
    change(raw, random) {
      const round = anyOf(
        random,
        completed(raw).filter(({ nonce }) => nonce > 0),
      )
      if (round === undefined) return false
      round.nonce--
      return true
    },
  },
]
