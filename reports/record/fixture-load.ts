import type { Random } from '#lib/random.ts'
import type { HistoryLine, RequestRow } from './format.ts'
import { actorsOf, carefulPlayer } from './fixture-actors.ts'
import type { LedgerModel } from './fixture-ledger.ts'
import { fixturePayout } from './fixture-payouts.ts'
import { rushOf } from './fixture-rush.ts'

// Synthetic clients: arrivals of an open model, answered by the ledger model, disturbed where the plan says so.

/** From `from_s` to `to_s` after the start, `share` of the operations of `region` (all: undefined) meet this. */
export interface Disturbance {
  from_s: number
  to_s: number
  share: number
  region?: string
  /** failed: no retry helps before `to_s`; slow: answers take `extra_ms` longer; dropped: no client is free. */
  effect: 'failed' | 'slow' | 'dropped'
  extra_ms?: number
}

export interface LoadPlan {
  start_ms: number
  players: number
  stages: readonly { duration_s: number; from_per_s: number; to_per_s: number }[]
  base_latency_ms: number
  disturbances: readonly Disturbance[]
  /** Start of every operation after its plan: a starved generator. */
  late_ms: number
}

export interface Lines {
  requests: RequestRow[]
  history: HistoryLine[]
}

const kinds = ['spin', 'spin', 'spin', 'spin', 'spin', 'spin', 'spin', 'balance', 'deposit', 'history'] as const

export interface Ended {
  operation_id: string
  kind: string
  player_id: string
  key: string | undefined
  request: Record<string, unknown>
  start_ms: number
  end_ms: number
  planned_ms: number
  ending: 'ok' | 'failed' | 'unknown'
}

export function simulateLoad(plan: LoadPlan, random: Random, ledger: LedgerModel): Lines {
  const lines: Lines = { requests: [], history: [] }
  const ended: Ended[] = openAccounts(plan)
  for (const [index, at_s] of arrivals_s(plan.stages).entries())
    arrive(plan, random, lines, ended, { index, planned_ms: plan.start_ms + at_s * 1000 })
  const players = Array.from({ length: plan.players }, (_, index) => `p-${index + 1}`)
  const rush_ms = lastOf(ended) + 1000
  ended.push(...players.flatMap((player_id) => rushOf(player_id, rush_ms)))
  // Applied in the order of their ends, so that what a client reads is never older than what it has seen.
  const answers = new Map<string, ReturnType<typeof answer>>()
  for (const operation of ended.toSorted((one, other) => one.end_ms - other.end_ms))
    apply(operation, ledger, lines, answers)
  lines.history.push(...actorsOf(players, lastOf(ended) + 1000, ledger))
  const last_ms = Math.max(...lines.history.map(({ at_ms }) => at_ms))
  for (const player_id of [...players, carefulPlayer]) lines.history.push(...payoutOf(player_id, last_ms, ledger))
  lines.history.sort((one, other) => one.at_ms - other.at_ms)
  return lines
}

const lastOf = (ended: readonly Ended[]): number => Math.max(...ended.map(({ end_ms }) => end_ms))

/** Arrival times: the n-th where the integral of the rate reaches n. */
export function arrivals_s(stages: LoadPlan['stages']): number[] {
  const times: number[] = []
  const step_s = 0.001
  let sum = 0
  let at_s = 0
  for (const { duration_s, from_per_s, to_per_s } of stages) {
    for (let inside = 0; inside < duration_s; inside += step_s) {
      sum += (from_per_s + ((to_per_s - from_per_s) * inside) / duration_s) * step_s
      if (sum >= times.length + 1) times.push(at_s + inside)
    }
    at_s += duration_s
  }
  return times
}

function openAccounts({ players, start_ms }: LoadPlan): Ended[] {
  return Array.from({ length: players }, (_, player) => ({
    operation_id: `setup-${player + 1}`,
    kind: 'deposit',
    player_id: `p-${player + 1}`,
    key: `fixture-setup-${player + 1}`,
    request: { amount_minor: 500_000 },
    start_ms: start_ms - 5000 + player,
    end_ms: start_ms - 4000 + player,
    planned_ms: start_ms - 5000 + player,
    ending: 'ok' as const,
  }))
}

function payoutOf(player_id: string, after_ms: number, ledger: LedgerModel): HistoryLine[] {
  const at_ms = Math.ceil(after_ms)
  const { hold_id: payout_id, key, amount_minor } = fixturePayout(player_id)
  const asking = { operation_id: `payout-${player_id}`, kind: 'ask_payout', player_id, key }
  const cancelling = { operation_id: `cancel-${player_id}`, kind: 'cancel_payout', player_id, key: `${key}-cancel` }
  const planned = { type: 'invoke' as const, planned_ms: at_ms }
  return [
    { ...asking, ...planned, at_ms, value: { amount_minor } },
    { ...asking, type: 'ok', at_ms: at_ms + 1, value: ledger.payout(player_id, at_ms) },
    { ...cancelling, ...planned, at_ms: at_ms + 2, value: { payout_id } },
    { ...cancelling, type: 'ok', at_ms: at_ms + 3, value: { payout_id, amount_minor, cancelled: true } },
  ]
}

function arrive(
  plan: LoadPlan,
  random: Random,
  lines: Lines,
  ended: Ended[],
  { index, planned_ms }: { index: number; planned_ms: number },
): void {
  const operation_id = `o-${index + 1}`
  const kind = random.pick(kinds)
  const player_id = `p-${(index % plan.players) + 1}`
  const region = (index % plan.players) % 2 === 0 ? 'a' : 'b'
  const at_s = (planned_ms - plan.start_ms) / 1000
  const effect = plan.disturbances.find(
    (item) =>
      at_s >= item.from_s && at_s < item.to_s && (item.region ?? region) === region && random.next() < item.share,
  )
  const row = (attempt: number, start_ms: number, duration_ms: number, status: number, error = ''): RequestRow => ({
    operation_id,
    attempt,
    kind,
    region,
    planned_ms,
    start_ms,
    blocked_ms: 0,
    connecting_ms: 0,
    tls_ms: 0,
    sending_ms: 0.1,
    waiting_ms: duration_ms * 0.9,
    receiving_ms: 0.1,
    duration_ms,
    status,
    error,
    outcome: 'ok',
    dropped: 0,
    counted: 1,
  })
  if (effect?.effect === 'dropped') {
    lines.requests.push({ ...row(1, 0, 0, 0), outcome: 'fail', dropped: 1 })
    return
  }
  const start_ms = planned_ms + plan.late_ms + random.next() * 0.4
  const latency_ms = plan.base_latency_ms * Math.exp((random.next() + random.next() + random.next() - 1.5) * 0.8)
  const rows: RequestRow[] = []
  if (effect?.effect === 'failed') {
    rows.push(row(1, start_ms, 35, 503, 'unavailable'), row(2, start_ms + 90, 40, 503, 'unavailable'))
  } else rows.push(row(1, start_ms, latency_ms + (effect?.extra_ms ?? 0), 200))
  const last = rows.at(-1)!
  const end_ms = Number(last.start_ms) + Number(last.duration_ms)
  const ending = effect?.effect !== 'failed' ? 'ok' : random.next() < 0.5 ? 'failed' : 'unknown'
  const money = kind === 'spin' || kind === 'deposit'
  for (const item of rows) item.outcome = ending === 'ok' ? 'ok' : ending === 'unknown' && money ? 'info' : 'fail'
  lines.requests.push(...rows)
  const request: Record<string, unknown> =
    kind === 'spin'
      ? { stake_minor: 100, client_seed: `seed-${index}` }
      : kind === 'deposit'
        ? { amount_minor: 1000 }
        : {}
  const key = money ? `fixture-${operation_id}` : undefined
  ended.push({ operation_id, kind, player_id, key, request, start_ms, end_ms, planned_ms, ending })
}

/** The same key has the same answer. */
function apply(
  operation: Ended,
  ledger: LedgerModel,
  lines: Lines,
  answers: Map<string, ReturnType<typeof answer>>,
): void {
  const { operation_id, kind, player_id, key, request, start_ms, end_ms, planned_ms, ending } = operation
  const common = { operation_id, kind, player_id, ...(key === undefined ? {} : { key }) }
  lines.history.push({ ...common, type: 'invoke', at_ms: start_ms, planned_ms, value: request })
  const end = (type: 'ok' | 'fail' | 'info', value: Record<string, unknown>): void => {
    lines.history.push({ ...common, type, at_ms: end_ms, value })
  }
  if (ending === 'failed') return end('fail', { code: 'unavailable' })
  const known = key === undefined ? undefined : answers.get(key)
  const value = known === undefined ? answer(operation, ledger) : known
  if (key !== undefined) answers.set(key, value)
  if (ending === 'unknown') return end('info', { code: 'timeout' })
  if (value === null) return end('fail', { code: 'insufficient_funds' })
  end('ok', value)
}

function answer({ kind, player_id, key, request, end_ms }: Ended, ledger: LedgerModel): Record<string, unknown> | null {
  if (kind === 'deposit') return ledger.deposit(player_id, key!, Number(request['amount_minor']), end_ms)
  if (kind === 'balance') return ledger.balance(player_id)
  if (kind === 'history') return ledger.history(player_id)
  const { stake_minor, client_seed } = request as { stake_minor: number; client_seed: string }
  return ledger.spin(player_id, key!, { stake_minor, client_seed }, end_ms) as Record<string, unknown> | null
}
