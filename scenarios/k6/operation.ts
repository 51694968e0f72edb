import { attempt, type AttemptRequest, type AttemptResult } from './attempt.ts'
import type { Draw } from './draw.ts'
import type { EndLine, LoadLine } from './lines.ts'
import { idempotencyKey, pathOf, routes, type Kind } from './routes.ts'
import type { ClientPolicy, Gateway } from './settings.ts'
import type { OperationTrace } from './trace.ts'

// One operation of a player, with the patience of a game client:
//
//   attempt ──ok──► ok          each attempt: same idempotency key, fresh nonce and timestamp
//      │ └─refused─► fail       (info when an earlier attempt may have been applied)
//      └─no answer, 5xx, 429 ─► the other region, back-off, again; when all attempts are used up: info, or
//                               fail when none of them can have been applied

export interface Operation {
  id: string
  kind: Kind
  /** Number of the arrival; absent for what the client does beside it. */
  iteration?: number
  /** As the history shows it: no secrets. */
  value: Record<string, unknown>
  /** What is sent, '' for none. */
  body: string
  /** Sends the first attempt twice at once. */
  duplicate: boolean
}

export interface Result {
  outcome: EndLine['r']
  /** Problem or error code of the last attempt; '' when ok. */
  code: string
  body: Record<string, unknown>
}

/** What an operation needs of its player. */
export interface Caller {
  player_id: string
  token: string
  signing_key: string
  /** The region to ask now. */
  gateway(): Gateway
  /** The region that was asked did not answer. */
  moveOn(asked: Gateway): void
  /** A new token; false when there is none to be had. */
  logIn(): Promise<boolean>
}

export interface Tools {
  run_id: string
  policy: ClientPolicy
  now_ms: () => number
  delay: (ms: number) => Promise<void>
  trace: (operation_id: string) => OperationTrace
  write: (line: LoadLine) => void
}

export async function perform(operation: Operation, caller: Caller, draw: Draw, tools: Tools): Promise<Result> {
  const trace = tools.trace(operation.id)
  const start_ms = begin(operation, caller, trace, tools)
  const attempts: AttemptResult[] = []
  const result = await tryAll(operation, caller, attempts, trace, draw, tools)
  end(operation, caller, start_ms, attempts, result, trace, tools)
  return result
}

/** Records an operation that the player wanted and that could not even be sent, for the reason of another one. */
export function abandon(operation: Operation, caller: Caller, code: string, tools: Tools): Result {
  const result: Result = { outcome: 'fail', code, body: {} }
  const trace = tools.trace(operation.id)
  end(operation, caller, begin(operation, caller, trace, tools), [], result, trace, tools)
  return result
}

const arrivalOf = ({ iteration }: Operation): { i?: number } => (iteration === undefined ? {} : { i: iteration })

const tracedAs = ({ sampled }: OperationTrace): { x?: [string, string] } =>
  sampled === undefined ? {} : { x: sampled }

function begin(operation: Operation, { player_id }: Caller, trace: OperationTrace, tools: Tools): number {
  const { id, kind, value } = operation
  const start_ms = tools.now_ms()
  if (routes[kind].money)
    tools.write({
      t: 'invoke',
      o: id,
      ...arrivalOf(operation),
      k: kind,
      p: player_id,
      s: start_ms,
      q: value,
      ...tracedAs(trace),
    })
  return start_ms
}

function end(
  operation: Operation,
  { player_id }: Caller,
  start_ms: number,
  attempts: readonly AttemptResult[],
  { outcome, code, body }: Result,
  trace: OperationTrace,
  tools: Tools,
): void {
  const { id, kind, value } = operation
  tools.write({
    t: 'end',
    o: id,
    ...arrivalOf(operation),
    k: kind,
    p: typeof body['player_id'] === 'string' ? body['player_id'] : player_id,
    s: start_ms,
    e: earliestOk(attempts)?.end_ms ?? tools.now_ms(),
    r: outcome,
    ...(routes[kind].money ? {} : { q: value }),
    v: outcome === 'ok' ? { ...shown(kind, body), ...disagreement(attempts) } : { code },
    a: attempts.map(({ cells }) => cells),
    ...tracedAs(trace),
  })
}

async function tryAll(
  operation: Operation,
  caller: Caller,
  attempts: AttemptResult[],
  trace: OperationTrace,
  draw: Draw,
  tools: Tools,
): Promise<Result> {
  const { attempts_max, backoff_ms } = tools.policy
  let maybeApplied = false
  let code = ''
  let loggedIn = false
  for (let round = 0; round < attempts_max; round++) {
    const gateway = caller.gateway()
    const copies = round === 0 && operation.duplicate ? 2 : 1
    const sending = Array.from({ length: copies }, (_, copy) =>
      attempt(requestOf(operation, caller, gateway, attempts.length + copy, trace, tools), tools.now_ms),
    )
    const answers = await Promise.all(sending)
    attempts.push(...answers)
    const done = earliestOk(answers)
    if (done !== undefined) return { outcome: 'ok', code: '', body: done.body }

    code = answers.at(-1)?.error ?? ''
    maybeApplied ||= answers.some(({ verdict }) => verdict === 'unknown')
    if (answers.some(({ verdict }) => verdict === 'refused')) break
    if (answers.some(({ verdict }) => verdict === 'stale')) {
      if (loggedIn || !(await caller.logIn())) break
      loggedIn = true
      continue
    }
    caller.moveOn(gateway)
    if (round + 1 < attempts_max) await tools.delay(backoff_ms * 2 ** round * (0.5 + draw() / 2))
  }
  return { outcome: maybeApplied ? 'info' : 'fail', code, body: {} }
}

function requestOf(
  operation: Operation,
  caller: Caller,
  gateway: Gateway,
  number: number,
  { traceparent }: OperationTrace,
  tools: Tools,
): AttemptRequest {
  const key = idempotencyKey(tools.run_id, operation.id)
  return {
    kind: operation.kind,
    gateway,
    path: pathOf(operation.kind, operation.value),
    body: operation.body,
    key,
    nonce: `${key}-${number}`.padEnd(16, '-'),
    token: caller.token,
    signing_key: caller.signing_key,
    timeout_ms: tools.policy.attempt_timeout_ms,
    traceparent,
  }
}

function earliestOk(attempts: readonly AttemptResult[]): AttemptResult | undefined {
  let first: AttemptResult | undefined
  for (const each of attempts) {
    if (each.verdict === 'ok' && (first === undefined || each.end_ms < first.end_ms)) first = each
  }
  return first
}

/** Two answers to one key must name the same transfer, round or payout; when they do not, the history shows the other one too. */
function disagreement(attempts: readonly AttemptResult[]): { duplicate?: Record<string, unknown> } {
  const answers = attempts.filter(({ verdict }) => verdict === 'ok')
  const first = earliestOk(answers)
  const other = answers.find(({ body }) =>
    ['transfer_id', 'round_id', 'payout_id'].some((field) => body[field] !== first?.body[field]),
  )
  return other === undefined ? {} : { duplicate: other.body }
}

/** A history holds no token and no key. */
const shown = (kind: Kind, body: Record<string, unknown>): Record<string, unknown> =>
  kind === 'login' ? { player_id: body['player_id'], expires_in_s: body['expires_in_s'] } : body
