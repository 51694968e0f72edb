import { platformOf } from '../model/platform.ts'
import { verdictOf, type Check } from './check.ts'
import { linesOf, nameOf, type Evidence, type Operation } from './evidence.ts'

/**
 * Who knows a server seed before its last round can try client seeds until one wins. So no seed leaves the game, in a proof or in the
 * state, unless its player ended it, or it served all the rounds that a seed may.
 * (Records of before seeds were sealed show them in each round; they do not say who ended a round either.)
 */
export const seedsSealed: Check = {
  name: 'seeds-sealed',
  title: 'No server seed is shown before it is revealed',
  needs: ['state'],
  dangers: [
    {
      name: 'secret_seeds_proven',
      what: 'proofs of rounds whose seed was not revealed yet',
      brought_about_by: 'reader: a proof right after its spin',
    },
    {
      name: 'secret_seeds_stored',
      what: 'rounds in the final state whose seed no rotation had ended',
      brought_about_by: 'players whose seeds are not rotated at the end of the load',
    },
  ],
  run({ run, state }, evidence) {
    const verdict = verdictOf('seeds-sealed')
    const { rounds_per_seed_max } = platformOf(run.settings)
    const rotations = Map.groupBy(evidence.operations.filter(mayReveal), ({ player_id }) => player_id)
    const used = new Map<string, number>()
    for (const { server_seed_hash: hash } of state.round) used.set(hash, (used.get(hash) ?? 0) + 1)
    const isUsedUp = (hash: string): boolean => (used.get(hash) ?? 0) >= rounds_per_seed_max
    const isRevealed = (player_id: string, hash: string, until_ms: number): boolean =>
      isUsedUp(hash) || (rotations.get(player_id) ?? []).some((rotation) => ends(rotation, hash, until_ms))

    for (const round of state.round) {
      if (round.resolved === undefined) continue
      verdict.examine()
      if (isRevealed(round.player_id, round.server_seed_hash, Infinity)) continue
      verdict.exercise('secret_seeds_stored')
      if (round.server_seed === null) continue
      verdict.violate(() => ({
        text: `The state shows the server seed of round ${round.round_id} (key ${round.key}), which nobody has ended.`,
        entries: [round],
        fault: null,
      }))
    }
    for (const proof of provenIn(evidence)) {
      verdict.examine()
      if (isRevealed(proof.player_id, proof.hash, proof.at_ms)) continue
      verdict.exercise('secret_seeds_proven')
      if (proof.server_seed === undefined) continue
      verdict.violate(() => ({
        text: `The ${nameOf(proof.operation)} shows the server seed of its round before its player has ended it.`,
        operations: linesOf(proof.operation),
        fault: evidence.faultAt(proof.operation.invoke.at_ms, proof.at_ms),
      }))
    }
    return verdict.outcome()
  },
}

/** One that was refused has ended no seed; one without an answer may have. */
const mayReveal = ({ kind, end }: Operation): boolean => kind === 'rotate_seed' && end?.type !== 'fail'

function ends({ invoke, end }: Operation, hash: string, until_ms: number): boolean {
  if (invoke.at_ms > until_ms) return false
  if (end?.type !== 'ok') return true
  const revealed = (end.value['revealed'] ?? {}) as Record<string, unknown>
  return revealed['server_seed_hash'] === hash
}

interface Proof {
  operation: Operation
  player_id: string
  hash: string
  server_seed: unknown
  at_ms: number
}

function* provenIn({ operations }: Evidence): Generator<Proof> {
  for (const operation of operations) {
    const { kind, end, player_id } = operation
    if (kind !== 'proof' || end?.type !== 'ok') continue
    const { server_seed_hash, server_seed } = end.value
    if (typeof server_seed_hash === 'string')
      yield { operation, player_id, hash: server_seed_hash, server_seed, at_ms: end.at_ms }
  }
}
