import type { SpinResult } from '#sut/contracts/api.ts'
import type { GameDefinition, RoundRequest } from '#sut/contracts/bodies.ts'
import type { RoundEnded } from '#sut/contracts/events.ts'
import { drawStops, highestWin, winOf as standardWinOf } from '#sut/contracts/fairness.ts'
import { Problem, problems, type ProblemCode } from '#sut/contracts/problems.ts'
import type { WinOf } from '#sut/designs/parts.ts'
import type { Seed } from './seed-store.ts'

// One round, and what may become of it:
//
//   opened ──bet placed, nothing won──────────────────────► completed
//      │  └───bet placed, won──► paying ──win paid────────► completed
//      └──bet refused, or unfinished for too long──► cancelling ──bet rolled back──► cancelled
//
// The outcome is drawn and stored with the first write, together with the seeds that determine it anyway, and shown only
// with `completed`. That is safe: no decision reads it before the bet stands (`opened` is cancelled or goes on whatever was
// drawn), nobody outside sees it, and it spares a write. It also needs the pay table of the moment the round was opened.
// Both seeds are known before: the server's was promised by its hash (seeds.ts), and the nonce counts the rounds of it.
export type RoundStatus = 'opened' | 'paying' | 'cancelling' | 'completed' | 'cancelled'

export interface NewRound {
  round_id: string
  player_id: string
  key: string
  session_id: string
  game_id: string
  game_version: number
  stake_minor: bigint
  /** Null: of a round from before seeds served several rounds. */
  seed_id: bigint | null
  server_seed_hash: string
  client_seed: string
  nonce: number
  stops: number[]
  win_minor: bigint
}
export interface Round extends NewRound {
  status: RoundStatus
  balance_minor: bigint | null
  version: bigint | null
  refusal: string | null
}

/** Highest amount of one transfer, minor units: see amountMinor in sut/contracts/money.ts. */
const transfer_max_minor = 1_000_000_000n

/** A round of the next nonce, with its outcome; Problem stake_refused when it could win more than the wallet pays. */
export function draw(
  request: RoundRequest,
  game: GameDefinition,
  { round_id, seed, winOf = standardWinOf }: { round_id: string; seed: Seed; winOf?: WinOf },
): NewRound {
  const { key, player_id, session_id, client_seed } = request
  const stake_minor = BigInt(request.stake_minor)
  if (highestWin(stake_minor, game) > transfer_max_minor)
    throw new Problem('stake_refused', `a stake of ${stake_minor} could win more than ${transfer_max_minor}`)
  const { seed_id, server_seed, server_seed_hash, next_nonce: nonce } = seed
  const stops = drawStops(server_seed, client_seed, nonce, game.reels)
  return {
    round_id,
    player_id,
    key,
    session_id,
    game_id: game.game_id,
    game_version: game.version,
    stake_minor,
    seed_id,
    server_seed_hash,
    client_seed,
    nonce,
    stops,
    win_minor: winOf(stops, stake_minor, game),
  }
}

/** Throws Problem idempotency_conflict when the same key asks for another round. */
export function checkSame(round: Round, request: RoundRequest): void {
  if (
    round.session_id !== request.session_id ||
    round.stake_minor !== BigInt(request.stake_minor) ||
    round.client_seed !== request.client_seed
  )
    throw new Problem('idempotency_conflict', 'this key was used for another spin')
}

/** What the player gets; throws the refusal of a round that is cancelled or will be, `unavailable` for one still open. */
export function answerOf(round: Round): SpinResult {
  if (round.status === 'cancelling' || round.status === 'cancelled') throw refusalOf(round)
  if (round.status !== 'completed') throw new Problem('unavailable', 'the round has not ended')
  return {
    round_id: round.round_id,
    status: 'completed',
    stops: round.stops,
    stake_minor: Number(round.stake_minor),
    win_minor: Number(round.win_minor),
    balance_minor: Number(round.balance_minor),
    version: Number(round.version),
    server_seed_hash: round.server_seed_hash,
    nonce: round.nonce,
  }
}
const refusalOf = ({ refusal }: Round): Problem =>
  refusal !== null && Object.hasOwn(problems, refusal)
    ? new Problem(refusal as ProblemCode, 'the bet was refused')
    : new Problem('round_cancelled', 'the round could not be finished in time: its stake is given back')

export function endedEvent(round: Round, status: RoundEnded['status'], occurred_at_ms: number): RoundEnded {
  return {
    id: `round:${round.round_id}`,
    occurred_at_ms,
    player_id: round.player_id,
    type: 'game.round_ended',
    round_id: round.round_id,
    game_id: round.game_id,
    status,
    stake_minor: Number(round.stake_minor),
    win_minor: status === 'completed' ? Number(round.win_minor) : 0,
  }
}
