import { anyOf, asked, roundOf, statesOf, type Asked } from '../lines.ts'
import type { RawRecord } from '../../record/fixture.ts'
import type { Mutation } from '../mutation.ts'

const asAsked = ['effects-as-asked'] as const

/** Changes what the client of an acknowledged operation had asked for. */
const onRequest = (name: string, what: string, kinds: string[], field: string, value: unknown): Mutation => ({
  name,
  what,
  seen_by: asAsked,
  change(raw, random) {
    const found = anyOf(
      random,
      asked(raw, kinds).filter(({ invoke }) => invoke.value[field] !== value),
    )
    if (found === undefined) return false
    found.invoke.value = { ...found.invoke.value, [field]: value }
    return true
  },
})

/** Changes what the client of an acknowledged operation was told; what follows stays. */
const onAnswer = (
  name: string,
  what: string,
  kinds: string[],
  change: (value: Record<string, unknown>, raw: RawRecord, found: Asked) => Record<string, unknown> | null,
): Mutation => ({
  name,
  what,
  seen_by: ['effects-as-asked', 'answers-agree', 'nonces-once', 'acknowledged-lost'],
  derived: false,
  change(raw, random) {
    const found = anyOf(random, asked(raw, kinds))
    const changed = found && change(found.end.value, raw, found)
    if (found === undefined || !changed) return false
    found.end.value = { ...found.end.value, ...changed }
    return true
  },
})

const more = (field: string, by: number) => (value: Record<string, unknown>) =>
  typeof value[field] === 'number' ? { [field]: value[field] + by } : null

export const requestMutations: readonly Mutation[] = [
  onRequest(
    'deposit-of-another-amount',
    'a deposit asked for more than was booked',
    ['deposit'],
    'amount_minor',
    777_777,
  ),
  onRequest('stake-of-another-amount', 'a spin staked 1 and the house took more', ['spin'], 'stake_minor', 1),
  onRequest(
    'client-seed-ignored',
    'a round was drawn with a client seed that nobody sent',
    ['spin'],
    'client_seed',
    'mine',
  ),
  onRequest('payout-of-another-amount', 'a payout asked for 5 and more was held', ['ask_payout'], 'amount_minor', 5),
  onAnswer('shown-stops', 'a player was shown other reels', ['spin'], (value) =>
    Array.isArray(value['stops']) ? { stops: value['stops'].map((stop: number) => stop + 1) } : null,
  ),
  onAnswer('shown-status', 'a completed round was shown as cancelled', ['spin'], () => ({ status: 'cancelled' })),
  onAnswer('shown-win', 'a player was told another win', ['spin'], more('win_minor', 5)),
  onAnswer('shown-stake', 'a player was told another stake', ['spin'], more('stake_minor', 5)),
  onAnswer('shown-nonce', 'a player was told another nonce', ['spin'], more('nonce', 1)),
  onAnswer('shown-seed-hash', 'a player was told another seed hash', ['spin'], () => ({
    server_seed_hash: 'f'.repeat(64),
  })),
  onAnswer('shown-balance', 'a player was told another balance', ['spin', 'deposit'], more('balance_minor', 1)),
  onAnswer('shown-version', 'a player was told another version', ['spin', 'deposit'], more('version', 1)),
  onAnswer('shown-transfer', 'a player was told another transfer', ['deposit'], () => ({ transfer_id: 't-of-nobody' })),
  onAnswer('shown-payout', 'a player was told another amount of a payout', ['ask_payout'], more('amount_minor', 1)),
  onAnswer('shown-round', 'a player was told the round of another', ['spin'], (_value, raw, { end }) => {
    const other = statesOf(raw, 'round').find(({ player_id }) => player_id !== end.player_id)
    return other === undefined ? null : { round_id: other.round_id }
  }),
  {
    name: 'session-of-another',
    what: 'a round was played in a session that the spin did not name',
    seen_by: asAsked,
    change(raw, random) {
      const spin = anyOf(
        random,
        asked(raw, ['spin']).filter(({ invoke }) => typeof invoke.value['session_id'] === 'string'),
      )
      const round = spin && roundOf(raw, spin)
      if (round === undefined) return false
      round.session_id = 's-of-nobody'
      return true
    },
  },
]
