import type { Answer, Attack, Credentials } from '../journeys/journey.ts'
import { attempt, type AttemptRequest, type AttemptResult } from './attempt.ts'
import type { Draw } from './draw.ts'
import type { LoadLine } from './lines.ts'
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
  /** Name of the idempotency key; none: the id. */
  key?: string
  /** The first region that is tried; none: where the client is. */
  gateway?: Gateway
  /** Hangs up after that time, for good. */
  cut_after_ms?: number
  attack?: Attack
  counted: boolean
}

export interface Result extends Omit<Answer, 'credentials' | 'sent'> {
  /** As the last attempt was sent; absent when nothing was. */
  sent?: Answer['sent']
}

/** What an operation needs of its player. */
export interface Caller {
  /** Name of the journey. */
  actor: string
  player_id: string
  credentials: Credentials
  /** The history says which login it used. */
  names_login: boolean
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
  const trace = tracedAs(operation, tools)
  const start_ms = begin(operation, caller, trace, tools)
  const attempts: AttemptResult[] = []
  const ended = await tryAll(operation, caller, attempts, trace, draw, tools)
  end(operation, caller, start_ms, attempts, ended, trace, tools)
  const sent = attempts.at(-1)?.sent
  return { operation_id: operation.id, ...ended, ...(sent !== undefined && { sent }) }
}

/** Records an operation that the player wanted and that could not even be sent, for the reason of another one. */
export function abandon(operation: Operation, caller: Caller, code: string, tools: Tools): Result {
  const ended: Ended = { outcome: 'fail', code, body: {} }
  const trace = tracedAs(operation, tools)
  end(operation, caller, begin(operation, caller, trace, tools), [], ended, trace, tools)
  return { operation_id: operation.id, ...ended }
}

type Ended = Pick<Result, 'outcome' | 'code' | 'body'>

/** Who attacks asks for traces of everything, and has no key: none of them may be recorded. */
const tracedAs = ({ id, attack }: Operation, { trace }: Tools): OperationTrace =>
  attack === undefined ? trace(id) : { traceparent: `${trace(id).traceparent.slice(0, -1)}1` }

/** What both lines of an operation have. */
function named(operation: Operation, caller: Caller, { sampled }: OperationTrace) {
  const { id, iteration, kind, key } = operation
  return {
    o: id,
    ...(iteration !== undefined && { i: iteration }),
    k: kind,
    c: caller.actor,
    ...(key !== undefined && { y: key }),
    ...(caller.names_login && (routes[kind].signed || kind === 'refresh') && { l: caller.credentials.login }),
    ...(sampled !== undefined && { x: sampled }),
  }
}

/** Of an attack also the trace that it asked for; what was captured asks for that of its victim. */
function shownValue({ value, attack }: Operation, { traceparent }: OperationTrace): Record<string, unknown> {
  if (attack === undefined) return value
  const { name, of, headers = {} } = attack
  return {
    ...value,
    attack: name,
    ...(of !== undefined && { of }),
    ...(headers['traceparent'] === undefined && { trace: traceparent.split('-')[1] }),
  }
}

function begin(operation: Operation, caller: Caller, trace: OperationTrace, tools: Tools): number {
  const start_ms = tools.now_ms()
  if (routes[operation.kind].changes)
    tools.write({
      t: 'invoke',
      ...named(operation, caller, trace),
      p: caller.player_id,
      s: start_ms,
      q: shownValue(operation, trace),
    })
  return start_ms
}

function end(
  operation: Operation,
  caller: Caller,
  start_ms: number,
  attempts: readonly AttemptResult[],
  { outcome, code, body }: Ended,
  trace: OperationTrace,
  tools: Tools,
): void {
  const { kind } = operation
  // Who he is, a player learns by his registration and his login; in what an operator does it is another's.
  const told = kind === 'register' || kind === 'login' ? body['player_id'] : undefined
  tools.write({
    t: 'end',
    ...named(operation, caller, trace),
    p: typeof told === 'string' ? told : caller.player_id,
    s: start_ms,
    e: earliestOk(attempts)?.end_ms ?? tools.now_ms(),
    r: outcome,
    ...(routes[kind].changes ? {} : { q: shownValue(operation, trace) }),
    ...(operation.counted ? {} : { u: 0 as const }),
    v: outcome === 'ok' ? { ...shown(kind, body), ...disagreement(attempts) } : { code },
    a: attempts.map(({ cells }) => cells),
  })
}

async function tryAll(
  operation: Operation,
  caller: Caller,
  attempts: AttemptResult[],
  trace: OperationTrace,
  draw: Draw,
  tools: Tools,
): Promise<Ended> {
  const { attempts_max, backoff_ms } = tools.policy
  // Who hangs up, or attacks, asks once.
  const rounds = operation.cut_after_ms === undefined && operation.attack === undefined ? attempts_max : 1
  let maybeApplied = false
  let code = ''
  let loggedIn = false
  for (let round = 0; round < rounds; round++) {
    const gateway = (round === 0 ? operation.gateway : undefined) ?? caller.gateway()
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
      if (rounds === 1 || loggedIn || !(await caller.logIn())) break
      loggedIn = true
      continue
    }
    caller.moveOn(gateway)
    if (round + 1 < rounds) await tools.delay(backoff_ms * 2 ** round * (0.5 + draw() / 2))
  }
  return { outcome: maybeApplied ? 'info' : 'fail', code, body: {} }
}

function requestOf(
  operation: Operation,
  caller: Caller,
  gateway: Gateway,
  number: number,
  { traceparent, tracestate }: OperationTrace,
  tools: Tools,
): AttemptRequest {
  const { id, kind, value, body, attack, cut_after_ms } = operation
  return {
    kind,
    gateway,
    path: pathOf(kind, value),
    body,
    key: idempotencyKey(tools.run_id, operation.key ?? id),
    nonce: `${idempotencyKey(tools.run_id, id)}-${number}`.padEnd(16, '-'),
    credentials: caller.credentials,
    timeout_ms: cut_after_ms ?? tools.policy.attempt_timeout_ms,
    traceparent,
    ...(tracestate !== undefined && { tracestate }),
    ...(attack !== undefined && { attack }),
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
  kind === 'login' || kind === 'refresh' ? { player_id: body['player_id'], expires_in_s: body['expires_in_s'] } : body
