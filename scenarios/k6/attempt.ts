import http from 'k6/http'
import type { AttemptCells } from './lines.ts'
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
  token: string
  signing_key: string
  timeout_ms: number
  traceparent: string
}

export interface AttemptResult {
  verdict: Verdict
  body: Record<string, unknown>
  /** Problem code of the body, k6's error code, or ''. */
  error: string
  end_ms: number
  cells: AttemptCells
}

/** Sends one request and says what its answer means; never throws for what the network or the server does. */
export async function attempt(request: AttemptRequest, now_ms: () => number): Promise<AttemptResult> {
  const { kind, gateway, path, body } = request
  const { method, status: success, signed, money } = routes[kind]
  const key = money ? request.key : ''
  const start_ms = now_ms()
  const sent: Record<string, string> = signed
    ? {
        authorization: `Bearer ${request.token}`,
        ...signatureHeaders(request.signing_key, { method, path, body, key }, start_ms, request.nonce),
      }
    : {}
  sent['traceparent'] = request.traceparent
  if (body !== '') sent['content-type'] = 'application/json'
  if (key !== '') sent[headers.key] = key

  const response = await http.asyncRequest(method, gateway.url + path, body === '' ? null : body, {
    headers: sent,
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
  const { blocked, connecting, tls_handshaking, sending, waiting, receiving } = response.timings
  return {
    verdict,
    body: parsed ?? {},
    error,
    end_ms,
    cells: [
      gateway.region,
      start_ms,
      rounded(blocked),
      rounded(connecting),
      rounded(tls_handshaking),
      rounded(sending),
      rounded(waiting),
      rounded(receiving),
      rounded(end_ms - start_ms),
      response.status,
      error,
    ],
  }
}

const rounded = (value_ms: number): number => Math.round(value_ms * 1000) / 1000

function parse(text: unknown): Record<string, unknown> | null {
  if (typeof text !== 'string' || text === '') return null
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}
