import type { Clock } from '#lib/clock.ts'
import type { TransferAnswer, TransferKind } from '#sut/contracts/bodies.ts'
import { Problem, problems } from '#sut/contracts/problems.ts'
import type { SendTransfer } from '#sut/designs/parts.ts'
import type { Call } from '#sut/platform/platform.ts'
import type { RoundStore } from './round-store.ts'
import { endedEvent, type Round, type RoundStatus } from './round.ts'

export interface RoundParts {
  store: RoundStore
  call: Call
  /** To the wallet. */
  send: SendTransfer
  clock: Clock
  /** Whoever works on a round is the resolver; what it ends is marked. */
  resolves?: boolean
}

// One step per status. Several processes may work on the same round (a retry beside the first request, a resolver beside
// both): each transfer has one key per round, each move is a compare-and-set, and whoever comes second goes on from what is
// stored. No database connection is held while the wallet is asked.
type Step = (round: Round, parts: RoundParts, deadline_ms: number) => Promise<Round>

const betAfter =
  (reserve: boolean): Step =>
  async (round, parts, deadline_ms) => {
    let answer: TransferAnswer
    try {
      if (reserve) await reserveStake(round, parts, deadline_ms)
      answer = await transfer(round, 'bet', round.stake_minor, parts, deadline_ms)
    } catch (error) {
      if (!(error instanceof Problem) || problems[error.code].retry) throw error
      // Not cancelled at once: a retry that runs beside us may have placed the bet after all, so it is rolled back first.
      return await moved(round, parts, { to: 'cancelling', refusal: error.code })
    }
    if (round.win_minor > 0n) return await moved(round, parts, { to: 'paying', answer })
    return await moved(round, parts, { to: 'completed', answer })
  }

const payWin: Step = async (round, parts, deadline_ms) => {
  const answer = await transfer(round, 'win', round.win_minor, parts, deadline_ms)
  return await moved(round, parts, { to: 'completed', answer })
}

const undoBet: Step = async (round, parts, deadline_ms) => {
  await transfer(round, 'rollback', round.stake_minor, parts, deadline_ms)
  return await moved(round, parts, { to: 'cancelled' })
}

/**
 * Takes a player's round as far as it goes: an answer for the player is certain, or Problem says why it is not yet. `reserve`:
 * the stake counts against the player's loss limit before it is bet.
 */
export async function play(round: Round, parts: RoundParts, deadline_ms: number, reserve: boolean): Promise<Round> {
  return await steps(round, { opened: betAfter(reserve), paying: payWin }, parts, deadline_ms)
}

/**
 * Ends a round that its request has left behind. A win is paid until it is paid; a round whose bet is not known to stand is
 * cancelled, whatever was drawn: its status first, so that a late request cannot go on with it, then the bet, known or not.
 */
export async function finish(round: Round, parts: RoundParts, deadline_ms: number): Promise<Round> {
  const cancel: Step = (left) => moved(left, parts, { to: 'cancelling' })
  const resolving: RoundParts = { ...parts, resolves: true }
  return await steps(round, { opened: cancel, paying: payWin, cancelling: undoBet }, resolving, deadline_ms)
}

/** No way through the statuses is longer than opened → paying → completed; a lost race costs a step more. */
const steps_max = 6

async function steps(
  round: Round,
  stepOf: Partial<Record<RoundStatus, Step>>,
  parts: RoundParts,
  deadline_ms: number,
): Promise<Round> {
  let current = round
  for (let count = 0; count < steps_max; count++) {
    const step = stepOf[current.status]
    if (step === undefined) return current
    current = await step(current, parts, deadline_ms)
  }
  return current
}

/** The round after the move, or, when somebody else was first, as it is now. */
async function moved(
  round: Round,
  { store, clock, resolves = false }: RoundParts,
  { to, answer, refusal }: { to: RoundStatus; answer?: TransferAnswer; refusal?: string },
): Promise<Round> {
  const final = to === 'completed' || to === 'cancelled'
  const after = await store.move(round, {
    to,
    ...(answer === undefined ? {} : { answer }),
    ...(refusal === undefined ? {} : { refusal }),
    ...(final ? { event: endedEvent(round, to, clock.wall_ms()), resolved: resolves } : {}),
  })
  return after ?? (await store.byId(round.round_id))
}

async function reserveStake(
  { round_id, player_id, stake_minor }: Round,
  { call }: RoundParts,
  deadline_ms: number,
): Promise<void> {
  await call('session.reserve', { body: { round_id, player_id, stake_minor: Number(stake_minor) }, deadline_ms })
}

async function transfer(
  { round_id, player_id, game_id }: Round,
  kind: TransferKind,
  amount: bigint,
  { send }: RoundParts,
  deadline_ms: number,
): Promise<TransferAnswer> {
  const request = { key: `${kind}:${round_id}`, kind, player_id, amount_minor: Number(amount), round_id, game_id }
  return await send(request, deadline_ms)
}
