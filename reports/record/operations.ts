import type { RequestRow } from './format.ts'

export interface Refused {
  status: number
  code: string
}

/** One operation as its client saw it: all attempts of one operation_id in requests.csv. */
export interface ClientOperation {
  id: string
  kind: string
  /** Region that was asked last. */
  region: string
  planned_ms: number
  /** Start of the first attempt; null for a dropped arrival. */
  start_ms: number | null
  /** Last byte of the attempt that was answered well first, else of the last one; null for a dropped arrival. */
  end_ms: number | null
  attempts: number
  status: number
  error: string
  outcome: string
  dropped: boolean
  /** Of each attempt that was answered, and not well: its status, and the code of the body. */
  refusals: readonly Refused[]
  /** It counts for the service level. */
  counted: boolean
}

type Grouped = ClientOperation & {
  refusals: Refused[]
  last_attempt: number
  answered_ms: number
}

/** Groups the lines of requests.csv, in any order; `list` sorts by planned start. */
export function operationGrouper(): { add(row: RequestRow): void; list(): ClientOperation[] } {
  const operations = new Map<string, Grouped>()
  return {
    add(row) {
      const id = String(row.operation_id)
      const known = operations.get(id) ?? first(id, row)
      operations.set(id, known)
      addAttempt(known, row)
    },
    list: () => [...operations.values()].toSorted((one, other) => one.planned_ms - other.planned_ms),
  }
}

const first = (id: string, row: RequestRow): Grouped => ({
  id,
  kind: String(row.kind),
  region: String(row.region),
  planned_ms: Number(row.planned_ms),
  start_ms: null,
  end_ms: null,
  attempts: 0,
  status: 0,
  error: '',
  outcome: '',
  dropped: Number(row.dropped) === 1,
  refusals: [],
  counted: Number(row.counted) !== 0,
  last_attempt: -1,
  answered_ms: Infinity,
})

function addAttempt(operation: Grouped, row: RequestRow): void {
  const status = Number(row.status)
  if (!operation.dropped) {
    const start_ms = Number(row.start_ms)
    const end_ms = start_ms + Number(row.duration_ms)
    operation.attempts++
    operation.start_ms = Math.min(start_ms, operation.start_ms ?? Infinity)
    // A client that sends twice at once goes on with the first good answer.
    if (status >= 200 && status < 300) operation.answered_ms = Math.min(end_ms, operation.answered_ms)
    const last_ms = Math.max(end_ms, operation.end_ms ?? -Infinity)
    operation.end_ms = Number.isFinite(operation.answered_ms) ? operation.answered_ms : last_ms
  }
  if (status >= 400) operation.refusals.push({ status, code: String(row.error) })
  const attempt = Number(row.attempt)
  if (attempt < operation.last_attempt) return
  operation.last_attempt = attempt
  operation.region = String(row.region)
  operation.status = status
  operation.error = String(row.error)
  operation.outcome = String(row.outcome)
}

/** By operation, of all that were asked for, whether they count or not. */
export const refusalsIn = (operations: readonly ClientOperation[]): ReadonlyMap<string, readonly Refused[]> =>
  new Map(operations.flatMap(({ id, refusals }) => (refusals.length === 0 ? [] : [[id, refusals]])))

// What clients do to come in, before there is any arrival: no journey does these.
const onboarding = new Set(['register', 'login', 'open_session', 'games', 'deposit'])

/**
 * Leaves out what clients did before the first arrival (registering, logging in, the first deposit), which is no part of the load, and
 * what does not count for the service level: attacks, what a client gave up by himself, seeds revealed at the end. The first arrival is
 * the first operation, dropped or not, of a kind that only players who are in can ask for.
 */
export const sinceFirstArrival = (operations: readonly ClientOperation[]): ClientOperation[] =>
  fromFirst(operations).filter(({ counted }) => counted)

function fromFirst(operations: readonly ClientOperation[]): ClientOperation[] {
  const first_index = operations.findIndex(({ dropped, kind }) => dropped || !onboarding.has(kind))
  return operations.slice(Math.max(0, first_index))
}

/**
 * How many arrivals there were, whoever arrived. What else one asked for is named after it, `i12.3` or `i12-first` after `i12`, and what
 * a player did beside all arrivals after the player: `p3-rotate`.
 */
export const arrivalsIn = (operations: readonly ClientOperation[]): number =>
  fromFirst(operations).filter(({ dropped, id }) => dropped || !/^(?:i\d+[.-]|p\d+\w*-)/.test(id)).length

// Refusals that are the right answer to what the player asked: the service was there. Everything else that is not `ok` kept
// the player from what he wanted, whoever's fault it was: time-outs, 5xx, shed load, cancelled rounds, refused tokens.
const businessRefusals = new Set([
  'insufficient_funds',
  'stake_refused',
  'session_ended',
  'name_taken',
  'self_excluded',
  'loss_limit_reached',
  'reality_check_due',
  // Of two who end one payout at once, one comes too late.
  'hold_captured',
  'hold_released',
  'hold_expired',
])
export const isRuleOfTheGame = (code: string): boolean => businessRefusals.has(code)
const businessStatuses = new Set([402, 422])

/** Whether the player was served: the operation happened, or was refused for a reason of the game. */
export function isServed(operation: Pick<ClientOperation, 'dropped' | 'outcome' | 'error' | 'status'>): boolean {
  if (operation.dropped) return false
  if (operation.outcome === 'ok') return true
  if (operation.outcome !== 'fail') return false
  return businessRefusals.has(operation.error) || (operation.error === '' && businessStatuses.has(operation.status))
}

/** What the player waited: from the planned start to the last byte of the last attempt; Infinity for a dropped arrival. */
export const latencyOf = (operation: ClientOperation): number =>
  operation.end_ms === null ? Infinity : Math.max(0, operation.end_ms - operation.planned_ms)
