import crypto from 'k6/crypto'
import { headers } from './routes.ts'
import type { OperationTrace } from './trace.ts'

/**
 * hex(HMAC-SHA256(signing_key, METHOD ⏎ path ⏎ hex(SHA-256(body)) ⏎ timestamp ⏎ nonce ⏎ key ⏎ region)), with what the server
 * needs to check it.
 */
export function signatureHeaders(
  signing_key: string,
  /** `key`: the idempotency key, '' where none is sent. `region`: whose gateway is asked. */
  request: { method: string; path: string; body: string; key: string; region: string },
  now_ms: number,
  nonce: string,
): Record<string, string> {
  const timestamp = String(Math.floor(now_ms))
  const digest = crypto.sha256(request.body, 'hex')
  const text = `${request.method}\n${request.path}\n${digest}\n${timestamp}\n${nonce}\n${request.key}\n${request.region}`
  return {
    [headers.timestamp]: timestamp,
    [headers.nonce]: nonce,
    [headers.signature]: crypto.hmac('sha256', signing_key, text, 'hex'),
  }
}

/** Of a trace that is sampled, `tracestate: slot=hex(HMAC-SHA256(key, trace id))`: else the gateway takes no client's word for it. */
export const proven = (trace: OperationTrace, key: string | undefined): OperationTrace =>
  trace.sampled === undefined || key === undefined || key === ''
    ? trace
    : { ...trace, tracestate: `slot=${crypto.hmac('sha256', key, trace.sampled[0], 'hex')}` }
