import type { Clock } from '#lib/clock.ts'
import type { LimitsShown } from '#sut/contracts/api.ts'
import type { SystemEvent } from '#sut/contracts/events.ts'
import { Problem, type ProblemCode } from '#sut/contracts/problems.ts'
import { assertNotExcluded, careAt, withExclusion, withLimit, type Care } from './care.ts'
import { excludedEvent, limitEvent, type CareStore, type Stake } from './care-store.ts'

export interface PlayerCareOptions {
  store: CareStore
  clock: Clock
}

const refusals: Partial<Record<ProblemCode, string>> = {
  loss_limit_reached: 'with this stake the loss of today could be above the limit that the player has set',
  self_excluded: 'the player has excluded himself',
  round_cancelled: 'the round has ended before its stake came',
}

export function playerCare({ store, clock }: PlayerCareOptions) {
  const now_ms = (): number => Math.floor(clock.wall_ms())
  const shown = async (player_id: string, care: Care): Promise<LimitsShown> => {
    const at_ms = now_ms()
    return { ...careAt(care, at_ms), lost_today_minor: await store.lostOn(player_id, at_ms) }
  }

  return {
    show: async (player_id: string) => shown(player_id, await store.find(player_id)),

    setLimit: async (player_id: string, wanted_minor: number | null) => {
      const at_ms = now_ms()
      const changed = await store.change(
        player_id,
        (care) => withLimit(care, wanted_minor, at_ms),
        (before, after) => changeEvent(player_id, careAt(before, at_ms), after, at_ms),
      )
      return await shown(player_id, changed)
    },

    exclude: async (player_id: string, days: number) => {
      const at_ms = now_ms()
      const { excluded_until_ms } = await store.change(
        player_id,
        (care) => withExclusion(care, days, at_ms),
        (_before, after) => excludedEvent(player_id, after.excluded_until_ms, at_ms),
      )
      return { excluded_until_ms }
    },

    /** Throws Problem self_excluded. Read from the database: money must not come in after an exclusion. */
    admitDeposit: async (player_id: string) => {
      assertNotExcluded(await store.find(player_id), now_ms())
      return { admitted: true as const }
    },

    /** Throws Problem loss_limit_reached, self_excluded, round_cancelled; the same round again counts once. */
    reserve: async (stake: Stake) => {
      const { problem, reserved } = await store.reserve(stake, now_ms())
      if (problem !== null) throw new Problem(problem, refusals[problem] ?? problem)
      return { reserved }
    },
  }
}

/** None when the player asked for what he has, or waits for, already. */
function changeEvent(player_id: string, before: Care, after: Care, at_ms: number): SystemEvent | undefined {
  const same =
    before.daily_loss_max_minor === after.daily_loss_max_minor &&
    before.pending?.effective_at_ms === after.pending?.effective_at_ms
  if (same) return undefined
  const { daily_loss_max_minor, effective_at_ms } = after.pending ?? {
    daily_loss_max_minor: after.daily_loss_max_minor,
    effective_at_ms: at_ms,
  }
  return limitEvent(player_id, daily_loss_max_minor, effective_at_ms, at_ms)
}
