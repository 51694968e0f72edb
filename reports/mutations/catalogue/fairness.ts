import { payOf, stopsOf } from '../../model/outcome.ts'
import { asked, statesOf, type Round } from '../lines.ts'
import { onAnswer } from '../on-answer.ts'
import type { RawRecord } from '../../record/fixture.ts'
import type { Mutation } from '../mutation.ts'

// What a house could do to the order of its draws, and to what it says of them.

/** The seed of each hash, once its player has ended it. */
function revealedIn(raw: RawRecord): Map<string, string> {
  const revealed = asked(raw, ['rotate_seed']).map(({ end }) => end.value['revealed'] as Record<string, unknown>)
  return new Map(revealed.map((each) => [String(each['server_seed_hash']), String(each['server_seed'])]))
}

/** The round that the house would have drawn with this nonce, when it costs nobody a cent; else null. */
function drawnWith(raw: RawRecord, round: Round, nonce: number, server_seed: string): Partial<Round> | null {
  const game = statesOf(raw, 'game').find(
    ({ game_id, version }) => game_id === round.game_id && version === round.game_version,
  )
  if (game === undefined) return null
  const stops = stopsOf(
    server_seed,
    round.client_seed,
    nonce,
    game.reels.map(({ length }) => length),
  )
  return payOf(game, stops, round.stake_minor) === BigInt(round.win_minor ?? -1) ? { nonce, stops } : null
}

/** Its answers and proofs say what the books say. */
function tellAnew(raw: RawRecord, changed: readonly Round[]): void {
  const rounds = new Map(changed.map((round) => [round.round_id, round]))
  for (const { end } of asked(raw, ['spin', 'proof'])) {
    const round = rounds.get(String(end.value['round_id']))
    if (round !== undefined) end.value = { ...end.value, nonce: round.nonce, stops: round.stops }
  }
}

const proofs = ['proofs-hold'] as const

export const fairnessMutations: readonly Mutation[] = [
  {
    name: 'nonces-swapped',
    what: 'two rounds of one seed changed places, with outcomes that follow from it and win the same',
    seen_by: ['nonces-in-order'],
    derived: false,
    change(raw, random) {
      const seeds = revealedIn(raw)
      const ends = new Map(asked(raw, ['spin']).map((each) => [String(each.end.value['round_id']), each]))
      for (const own of Map.groupBy(statesOf(raw, 'round'), (round) => round.server_seed_hash).values())
        for (const one of random.sample(own, 8))
          for (const other of random.sample(own, 8)) {
            const [before, after] = [ends.get(one.round_id), ends.get(other.round_id)]
            const server_seed = seeds.get(one.server_seed_hash)
            if (server_seed === undefined || before === undefined || after === undefined) continue
            if (one.nonce >= other.nonce || before.end.at_ms >= after.invoke.at_ms) continue
            const [first, second] = [
              drawnWith(raw, one, other.nonce, server_seed),
              drawnWith(raw, other, one.nonce, server_seed),
            ]
            if (first === null || second === null) continue
            Object.assign(one, first)
            Object.assign(other, second)
            tellAnew(raw, [one, other])
            return true
          }
      return false
    },
  },
  onAnswer('proof-of-other-stops', 'a proof shows reels that the round did not have', 'proof', proofs, ({ end }) =>
    Array.isArray(end.value['stops']) ? { stops: end.value['stops'].map((stop) => Number(stop) + 1) } : null,
  ),
  onAnswer('proof-of-another-table', 'a proof shows pays that the game does not have', 'proof', proofs, ({ end }) => ({
    pays: { ...(end.value['pays'] as object), '1': 6 },
  })),
  onAnswer('promise-of-a-used-nonce', 'a nonce was promised that a round had used', 'seed', proofs, ({ end }) => {
    const next = Number(end.value['next_nonce'])
    return next > 0 ? { next_nonce: next - 1 } : null
  }),
  onAnswer(
    'reveal-of-fewer-rounds',
    'a seed was revealed with a round less than it had',
    'rotate_seed',
    proofs,
    ({ end }) => {
      const revealed = end.value['revealed'] as { rounds: number }
      return revealed.rounds > 0 ? { revealed: { ...revealed, rounds: revealed.rounds - 1 } } : null
    },
  ),
  onAnswer('promise-kept-twice', 'a seed that was revealed was promised again', 'rotate_seed', proofs, ({ end }) => {
    const { server_seed_hash } = end.value['revealed'] as { server_seed_hash: string }
    return { next: { ...(end.value['next'] as object), server_seed_hash } }
  }),
  onAnswer(
    'seed-shown-early',
    'a proof shows a seed that its player has not ended',
    'proof',
    ['seeds-sealed'],
    ({ end }, raw) => {
      const server_seed = revealedIn(raw).get(String(end.value['server_seed_hash']))
      return server_seed === undefined || 'server_seed' in end.value ? null : { server_seed }
    },
  ),
  {
    name: 'seed-stored-open',
    what: 'a seed that nobody has ended stands in the clear in the state',
    seen_by: ['seeds-sealed'],
    derived: false,
    change(raw) {
      const sealed = statesOf(raw, 'round').find(
        ({ server_seed, resolved }) => server_seed === null && resolved !== undefined,
      )
      const server_seed = sealed && revealedIn(raw).get(sealed.server_seed_hash)
      if (sealed === undefined || server_seed === undefined) return false
      const rotated = new Set(
        asked(raw, ['rotate_seed'])
          .filter(({ end }) => end.player_id === sealed.player_id)
          .map(({ end }) => end.operation_id),
      )
      raw.history = raw.history.filter(({ operation_id }) => !rotated.has(operation_id))
      for (const round of statesOf(raw, 'round'))
        if (round.server_seed_hash === sealed.server_seed_hash) round.server_seed = server_seed
      return true
    },
  },
]
