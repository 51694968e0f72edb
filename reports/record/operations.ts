import type { RequestRow } from './format.ts'

/** One operation as its client saw it: all attempts of one operation_id in requests.csv. */
export interface ClientOperation {
  id: string
  kind: string
  /** Region that was asked last. */
  region: string
  planned_ms: number
  /** Start of the first attempt; null for a dropped arrival. */
  start_ms: number | null
  /** Last byte of the last attempt; null for a dropped arrival. */
  end_ms: number | null
  attempts: number
  status: number
  error: string
  outcome: string
  dropped: boolean
}

/** Groups the lines of requests.csv, in any order; `list` sorts by planned start. */
export function operationGrouper(): { add(row: RequestRow): void; list(): ClientOperation[] } {
  const operations = new Map<string, ClientOperation & { last_attempt: number }>()
  return {
    add(row) {
      const id = String(row.operation_id)
      const attempt = Number(row.attempt)
      const known = operations.get(id)
      const dropped = Number(row.dropped) === 1
      const start_ms = dropped ? null : Number(row.start_ms)
      const end_ms = start_ms === null ? null : start_ms + Number(row.duration_ms)
      const operation = known ?? {
        id,
        kind: String(row.kind),
        region: String(row.region),
        planned_ms: Number(row.planned_ms),
        start_ms,
        end_ms,
        attempts: 0,
        status: 0,
        error: '',
        outcome: '',
        dropped,
        last_attempt: -1,
      }
      if (known === undefined) operations.set(id, operation)
      operation.attempts++
      if (start_ms !== null && start_ms < (operation.start_ms ?? Infinity)) operation.start_ms = start_ms
      if (end_ms !== null && end_ms > (operation.end_ms ?? -Infinity)) operation.end_ms = end_ms
      if (attempt < operation.last_attempt) return
      operation.last_attempt = attempt
      operation.region = String(row.region)
      operation.status = Number(row.status)
      operation.error = String(row.error)
      operation.outcome = String(row.outcome)
    },
    list: () => [...operations.values()].toSorted((one, other) => one.planned_ms - other.planned_ms),
  }
}

// Refusals that are the right answer to what the player asked: the service was there. Everything else that is not `ok` kept
// the player from what he wanted, whoever's fault it was: time-outs, 5xx, shed load, cancelled rounds, refused tokens.
const businessRefusals = new Set(['insufficient_funds', 'stake_refused', 'session_ended', 'name_taken'])
const businessStatuses = new Set([402, 422])

/** Whether the player was served: the operation happened, or was refused for a reason of the game. */
export function isServed(operation: ClientOperation): boolean {
  if (operation.dropped) return false
  if (operation.outcome === 'ok') return true
  if (operation.outcome !== 'fail') return false
  return businessRefusals.has(operation.error) || (operation.error === '' && businessStatuses.has(operation.status))
}

/** What the player waited: from the planned start to the last byte of the last attempt; Infinity for a dropped arrival. */
export const latencyOf = (operation: ClientOperation): number =>
  operation.end_ms === null ? Infinity : Math.max(0, operation.end_ms - operation.planned_ms)
