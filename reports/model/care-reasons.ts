import type { StateOf } from '#sut/contracts/state.ts'
import { ended, type Evidence, type Operation } from '../checks/evidence.ts'
import { caresOf, dayOf, type Care } from './care.ts'
import type { Reason } from './scene.ts'

// self_excluded and loss_limit_reached: the player had asked for it, and what he had staked by then can have been that much.

const none: Care = { exclusions: [], limits: [] }
const cares = new WeakMap<Evidence, Map<string, Care>>()
const spins = new WeakMap<Evidence, Map<string, Operation[]>>()

function careOf({ player_id }: Operation, evidence: Evidence): Care {
  const known = cares.get(evidence) ?? caresOf(evidence)
  cares.set(evidence, known)
  return known.get(player_id) ?? none
}

function spinsOf({ player_id }: Operation, evidence: Evidence): Operation[] {
  const known =
    spins.get(evidence) ??
    Map.groupBy(
      evidence.operations.filter(({ kind }) => kind === 'spin'),
      (operation) => operation.player_id,
    )
  spins.set(evidence, known)
  return known.get(player_id) ?? []
}

const selfExcluded: Reason = (operation, { evidence, record }) => {
  const to_ms = operation.end?.at_ms ?? Infinity
  const asked = careOf(operation, evidence).exclusions.some(
    ({ from_ms, until_ms }) => from_ms <= to_ms && until_ms >= operation.invoke.at_ms,
  )
  return asked || toldOf(operation, record.state.log) ? null : 'the player had not excluded himself'
}

/** An exclusion of before this record is in the log alone. */
const toldOf = ({ player_id, invoke }: Operation, log: readonly StateOf<'log'>[]): boolean =>
  log.some(({ event }) => {
    if (event.type !== 'player.excluded' || event.player_id !== player_id) return false
    return event.occurred_at_ms <= invoke.at_ms && event.until_ms >= invoke.at_ms
  })

/** Every stake that was not refused may have counted, and no win may have been given back yet: the most that can have been lost. */
const lossLimitReached: Reason = (operation, { evidence }) => {
  const to_ms = operation.end?.at_ms ?? Infinity
  const limits = careOf(operation, evidence).limits.filter(
    (each) => each.wanted_minor !== null && each.from_ms <= to_ms,
  )
  if (limits.length === 0) return 'the player had set no limit'
  const lowest = Math.min(...limits.map(({ wanted_minor }) => wanted_minor!))
  const days = new Set([dayOf(operation.invoke.at_ms), dayOf(to_ms)])
  let most = Number(operation.invoke.value['stake_minor'] ?? 0)
  for (const spin of spinsOf(operation, evidence)) {
    if (spin === operation || spin.invoke.at_ms > to_ms || !days.has(dayOf(spin.end?.at_ms ?? spin.invoke.at_ms)))
      continue
    const refused =
      ended(spin, 'fail') &&
      spin.end!.at_ms < operation.invoke.at_ms &&
      refusedBefore.has(String(spin.end!.value['code']))
    if (!refused) most += Number(spin.invoke.value['stake_minor'] ?? 0)
  }
  return most > lowest ? null : `at most ${most} of ${lowest} can have been staked`
}

/** Refusals that reserve nothing. */
const refusedBefore: ReadonlySet<string> = new Set([
  'loss_limit_reached',
  'self_excluded',
  'session_ended',
  'not_found',
])

export const careReasons: Readonly<Record<string, Reason>> = {
  self_excluded: selfExcluded,
  loss_limit_reached: lossLimitReached,
}
