import { protected_after_ms } from '#sut/contracts/promises.ts'
import type { StateOf } from '#sut/contracts/state.ts'
import { askersOf, spinsFor } from '../model/askers.ts'
import { caresOf, dayOf, limitInForce, type Care, type LimitSet } from '../model/care.ts'
import { lostBetween, type LostBetween } from '../model/lost-today.ts'
import { platformOf } from '../model/platform.ts'
import { timelinesOf, type Timeline } from '../model/timeline.ts'
import { verdictOf, type Check } from './check.ts'
import { ended, linesOf, nameOf, numberIn, type Evidence, type Operation } from './evidence.ts'
import { witnessOf } from './report.ts'

/**
 * No stake is above the highest of a round. After an acknowledged loss limit no stake is taken with which the loss of the day can only
 * be above it; and whoever asks for his limits is shown what he has set, and a loss that can be his.
 */
export const limitsKept: Check = {
  name: 'limits-kept',
  title: 'No stake is above the highest, and nobody loses more in a day than the limit that he has set',
  needs: ['history', 'state'],
  dangers: [
    {
      name: 'stakes_under_a_limit',
      what: 'stakes that were taken after an acknowledged loss limit',
      brought_about_by: 'careful, also while faults are at work',
    },
    {
      name: 'stakes_refused_by_a_limit',
      what: 'stakes that were refused because of a loss limit',
      brought_about_by: 'careful',
    },
    {
      name: 'stakes_above_the_cap',
      what: 'stakes that were asked for above the highest stake of a round, for whoever asks',
      brought_about_by: 'careful',
    },
    {
      name: 'limits_read',
      what: 'limits that were shown after one had been acknowledged',
      brought_about_by: 'careful and reader',
    },
  ],
  run({ run, state }, evidence) {
    const verdict = verdictOf('limits-kept')
    const cares = caresOf(evidence)
    const timelines = timelinesOf(state, evidence)
    const rounds = Map.groupBy(state.round, ({ player_id }) => player_id)
    const made = new Map<string, LostBetween>()
    const lostOf = (player_id: string, care: Care): LostBetween => {
      const known = made.get(player_id) ?? lostBetween(rounds.get(player_id) ?? [], care, evidence)
      made.set(player_id, known)
      return known
    }
    for (const [player_id, care] of cares) {
      const timeline = timelines.get(player_id)
      for (const stake of timeline === undefined ? [] : stakesOf(timeline, care, evidence)) {
        verdict.examine()
        verdict.exercise('stakes_under_a_limit')
        if (stake.lost_minor <= stake.limit.wanted_minor!) continue
        verdict.violate(() => ({
          text: `The ${nameOf(stake.asker)} was taken: with it at least ${stake.lost_minor} are lost today, and ${nameOf(stake.limit.operation)} had set ${stake.limit.wanted_minor}.`,
          operations: [stake.limit.operation, stake.asker].flatMap(linesOf),
          entries: [stake.bet],
          fault: evidence.faultAt(stake.asker.invoke.at_ms, stake.asker.end?.at_ms),
        }))
      }
    }
    const { stake_max_minor } = platformOf(run.settings)
    for (const round of state.round) {
      if (round.stake_minor <= stake_max_minor || round.status === 'cancelled') continue
      const asker = spinsFor(round, evidence)[0]
      verdict.violate(() => ({
        text: `Round ${round.round_id} (key ${round.key}) of player ${round.player_id} has a stake of ${round.stake_minor}: ${stake_max_minor} is the highest.`,
        operations: asker === undefined ? [] : linesOf(asker),
        entries: [round],
        fault: evidence.faultAt(asker?.invoke.at_ms, asker?.end?.at_ms),
      }))
    }
    for (const operation of evidence.operations) {
      if (operation.kind === 'spin' && (numberIn(operation.invoke.value, 'stake_minor') ?? 0) > stake_max_minor) {
        verdict.examine()
        verdict.exercise('stakes_above_the_cap')
      }
      if (operation.kind === 'spin' && operation.end?.value['code'] === 'loss_limit_reached')
        verdict.exercise('stakes_refused_by_a_limit')
      const care = cares.get(operation.player_id)
      if (care === undefined || !shows.has(operation.kind) || !ended(operation, 'ok')) continue
      verdict.examine()
      verdict.exercise('limits_read')
      const found = wrongShown(operation, care) ?? wrongLoss(operation, lostOf(operation.player_id, care))
      if (found !== null)
        verdict.violate(() => witnessOf(operation, found.what, evidence, [], [found.limit?.operation ?? []].flat()))
    }
    return verdict.outcome()
  },
}

const shows: ReadonlySet<string> = new Set(['limits', 'set_limits'])

interface Shown {
  what: string
  limit?: LimitSet
}

function wrongShown(operation: Operation, care: Care): Shown | null {
  // What it sets itself is known with its own answer.
  const at_ms = operation.kind === 'limits' ? operation.invoke.at_ms : operation.end!.at_ms + 0.001
  const limit = limitInForce(care, at_ms, 0)
  if (limit === null) return null
  const shown = numberIn(operation.end!.value, 'daily_loss_max_minor')
  if (shown !== undefined && shown <= limit.wanted_minor!) return null
  return {
    what: `was shown a limit of ${shown ?? 'none'}, after ${nameOf(limit.operation)} had set ${limit.wanted_minor}`,
    limit,
  }
}

function wrongLoss({ invoke, end }: Operation, lost: LostBetween): Shown | null {
  const shown = numberIn(end!.value, 'lost_today_minor')
  const [least, most] = lost(invoke.at_ms, end!.at_ms) ?? [-Infinity, Infinity]
  if (shown !== undefined && least <= shown && shown <= most) return null
  return {
    what: `was told that ${shown ?? 'nothing'} was lost today, and by all its rounds that can have been ${least} to ${most}`,
  }
}

interface Stake {
  asker: Operation
  bet: StateOf<'transfer'>
  limit: LimitSet
  /** The least that can count against the limit, this stake included. */
  lost_minor: number
}

/**
 * Stakes that were asked for after a limit was known, in the order of the ledger, with what the rounds before them have lost at least:
 * their stakes less all that they won. Rounds that may have begun before the limit are counted only when they won more than they cost.
 */
function stakesOf({ entries }: Timeline, care: Care, evidence: Evidence): Stake[] {
  const found: Stake[] = []
  let day: number | undefined
  let lost_minor = 0
  for (const { transfer_id } of entries) {
    const bet = evidence.transferById.get(transfer_id)
    if (bet?.transfer_kind !== 'bet') continue
    const round = evidence.roundById.get(bet.round_id ?? '')
    const { by, from_ms } = askersOf(bet, evidence)
    const [asker] = by
    const net_minor = round?.status === 'completed' ? bet.amount_minor - (round.win_minor ?? 0) : 0
    const today = Number.isFinite(from_ms) ? dayOf(from_ms) : day
    if (today !== day) lost_minor = 0
    day = today
    const limit = limitInForce(care, from_ms, protected_after_ms)
    if (limit === null || asker === undefined) {
      lost_minor += Math.min(0, net_minor)
      continue
    }
    found.push({ asker, bet, limit, lost_minor: lost_minor + bet.amount_minor })
    lost_minor += net_minor
  }
  return found
}
