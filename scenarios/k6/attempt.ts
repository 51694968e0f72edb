import http from 'k6/http'
import type { Attack, Credentials, Sent } from '../journeys/journey.ts'
import type { AttemptCells } from './lines.ts'
import { phasesOf, spent } from './phases.ts'
import { headers, routes, type Kind } from './routes.ts'
import type { Gateway } from './settings.ts'
import { signatureHeaders } from './sign.ts'
import { verdictOf, type Verdict } from './verdict.ts'

export interface AttemptRequest {
  kind: Kind
  gateway: Gateway
  path: string
  body: string
  /** Idempotency key of operations that move money. */
  key: string
  /** New for each attempt: a nonce is taken once. */
  nonce: string
  credentials: Credentials
  timeout_ms: number
  traceparent: string
  tracestate?: string
  attack?: Attack
}

export interface AttemptResult {
  verdict: Verdict
  body: Record<string, unknown>
  /** Problem code of the body, k6's error code, or ''. */
  error: string
  end_ms: number
  cells: AttemptCells
  sent: Sent
}

/** Sends one request and says what its answer means; never throws for what the network or the server does. */
export async function attempt(request: AttemptRequest, now_ms: () => number): Promise<AttemptResult> {
  const { kind, gateway, path } = request
  const { method, status: success } = routes[kind]
  const start_ms = now_ms()
  const sent = sentBy(request, start_ms)
  const { body } = sent
  const response = await http.asyncRequest(method, gateway.url + path, body === '' ? null : body, {
    headers: sent.headers,
    timeout: request.timeout_ms,
    redirects: 0,
  })
  const end_ms = now_ms()
  const parsed = parse(response.body)
  const problem = response.status >= 400 && typeof parsed?.['code'] === 'string' ? parsed['code'] : ''
  const verdict = verdictOf({
    status: response.status,
    error_code: response.error_code,
    connected: response.remote_ip !== '',
    problem,
    readable: parsed !== null && response.status === success,
  })
  const error = verdict === 'ok' ? '' : problem || String(response.error_code || 'unreadable')
  return {
    verdict,
    body: parsed ?? {},
    error,
    end_ms,
    sent,
    cells: [gateway.region, start_ms, ...phasesOf(response.timings), spent(end_ms - start_ms), response.status, error],
  }
}

/** What goes over the line: as it should be, or as the attacker wants it. */
function sentBy(request: AttemptRequest, start_ms: number): Sent {
  const { kind, gateway, path, body, key, credentials, attack = noAttack } = request
  const { method, signed, money } = routes[kind]
  const nonce = attack.nonce ?? request.nonce
  const signing = {
    method,
    path: attack.signed_path ?? path,
    body: attack.signed_body ?? body,
    key: attack.signed_key ?? (money ? key : ''),
    region: attack.signed_region ?? gateway.region,
  }
  const all: Record<string, string> = signed
    ? {
        authorization: `Bearer ${credentials.token}`,
        ...signatureHeaders(
          attack.signed_with ?? credentials.signing_key,
          signing,
          start_ms + (attack.skew_ms ?? 0),
          nonce,
        ),
      }
    : {}
  all['traceparent'] = request.traceparent
  if (request.tracestate !== undefined) all['tracestate'] = request.tracestate
  const sentBody = attack.body ?? body
  if (sentBody !== '') all['content-type'] = 'application/json'
  if (money) all[headers.key] = key
  return { nonce, key, body: sentBody, headers: attack.headers === undefined ? all : { ...all, ...attack.headers } }
}

const noAttack: Attack = { name: '' }

function parse(text: unknown): Record<string, unknown> | null {
  if (typeof text !== 'string' || text === '') return null
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}
