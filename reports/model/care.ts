import { ended, numberIn, type Evidence, type Operation } from '../checks/evidence.ts'

// What players asked to be protected from, as the contract says it: a lower loss limit counts at once, a higher one (or none) a day
// later; an exclusion lasts for as many days as were asked for, and is never shortened.

export const day_ms = 24 * 60 * 60_000
/** Days are those of UTC. */
export const dayOf = (at_ms: number): number => Math.floor(at_ms / day_ms)

export interface Exclusion {
  operation: Operation
  /** Begins between these two, on the clients' clock; ∞: it was not acknowledged. */
  from_ms: number
  known_ms: number
  /** Ends then at the latest, and not before. */
  until_ms: number
  surely_until_ms: number
}

export interface LimitSet {
  operation: Operation
  from_ms: number
  known_ms: number
  /** null: none. */
  wanted_minor: number | null
}

export interface Care {
  exclusions: Exclusion[]
  /** In the order in which they were asked. */
  limits: LimitSet[]
}

/** By player. What was refused has no effect. */
export function caresOf({ operations }: Evidence): Map<string, Care> {
  const cares = new Map<string, Care>()
  const careOf = (player_id: string): Care => {
    const known = cares.get(player_id) ?? { exclusions: [], limits: [] }
    cares.set(player_id, known)
    return known
  }
  for (const operation of operations) {
    if (ended(operation, 'fail')) continue
    if (operation.kind === 'self_exclude') careOf(operation.player_id).exclusions.push(exclusionOf(operation))
    if (operation.kind === 'set_limits') careOf(operation.player_id).limits.push(limitOf(operation))
  }
  for (const { limits } of cares.values()) limits.sort((one, other) => one.from_ms - other.from_ms)
  return cares
}

const knownAt = (operation: Operation): number => (ended(operation, 'ok') ? operation.end!.at_ms : Infinity)

function exclusionOf(operation: Operation): Exclusion {
  const { invoke } = operation
  const lasts_ms = (numberIn(invoke.value, 'days') ?? 0) * day_ms
  const known_ms = knownAt(operation)
  return {
    operation,
    from_ms: invoke.at_ms,
    known_ms,
    until_ms: (Number.isFinite(known_ms) ? known_ms : Infinity) + lasts_ms,
    surely_until_ms: invoke.at_ms + lasts_ms,
  }
}

function limitOf(operation: Operation): LimitSet {
  const wanted = operation.invoke.value['daily_loss_max_minor']
  const wanted_minor = typeof wanted === 'number' ? wanted : null
  return { operation, from_ms: operation.invoke.at_ms, known_ms: knownAt(operation), wanted_minor }
}

/**
 * The highest limit that can be in force for what is asked at `at_ms`, when those acknowledged `grace_ms` before count; null: none may be.
 * Within a day no limit is raised, so the lowest that was acknowledged counts; a higher one that was asked for before it may have come
 * first, but never counts after it.
 */
export function limitInForce({ limits }: Care, at_ms: number, grace_ms: number): LimitSet | null {
  let lowest: LimitSet | null = null
  for (const limit of limits) {
    if (limit.known_ms + grace_ms >= at_ms || limit.wanted_minor === null) continue
    // A day later a raise may count: then nothing is certain here.
    if (limits.some((raise) => isRaise(raise, limit) && raise.from_ms + day_ms <= at_ms)) continue
    if (lowest === null || limit.wanted_minor < lowest.wanted_minor!) lowest = limit
  }
  return lowest
}

const isRaise = ({ wanted_minor, known_ms }: LimitSet, limit: LimitSet): boolean =>
  known_ms > limit.from_ms && (wanted_minor === null || wanted_minor > limit.wanted_minor!)
