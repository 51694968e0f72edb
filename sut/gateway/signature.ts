import { createHmac, createSecretKey, hash, timingSafeEqual, type KeyObject } from 'node:crypto'
import { idempotencyHeader, signatureHeaders } from '#sut/contracts/api.ts'
import { Problem } from '#sut/contracts/problems.ts'

// How a request proves that it comes from the holder of the token, whole and fresh:
//
//   signing_key = hex(HMAC-SHA256(signing_master, jti))       nothing to store: every gateway derives it again
//   signature   = hex(HMAC-SHA256(signing_key, METHOD ⏎ path-with-query ⏎ hex(SHA-256(body)) ⏎ timestamp ⏎ nonce ⏎ key ⏎ region))
//
// key: the header idempotency-key as it is sent, empty where there is none. So whatever a request does is covered: a copy can
// only ask for the same again, and only the region that it was signed for: whether it was there before, a gateway knows by itself.
// The content type is not covered: the gateway takes JSON alone, and reads it in one way.
//
// The key of the second HMAC is the text of signing_key, as the client holds it, not the bytes that the hex stands for.
export const skewMost_ms = 30_000

/** The key that `login` hands to the client of this token. */
export const signingKeyOf = (master: string, jti: string): string =>
  createHmac('sha256', master).update(jti).digest('hex')

export const signingSecret = (signing_key: string): KeyObject => createSecretKey(Buffer.from(signing_key, 'utf8'))

export interface SignedRequest {
  method: string
  /** With query, as it was sent. */
  path: string
  body: string
  headers: Record<string, string | string[] | undefined>
  /** Whose gateway is asked. */
  region: string
}

export function signatureOf(
  secret: KeyObject | string,
  { method, path, body, region, key = '' }: Omit<SignedRequest, 'headers'> & { key?: string | undefined },
  timestamp: string,
  nonce: string,
): string {
  const text = `${method}\n${path}\n${hash('sha256', body, 'hex')}\n${timestamp}\n${nonce}\n${key}\n${region}`
  return createHmac('sha256', secret).update(text).digest('hex')
}

const noncePattern = /^[A-Za-z0-9._:-]{16,64}$/
const timestampPattern = /^\d{13}(\.\d{1,6})?$/

/**
 * Checks timestamp and signature; returns the nonce, which is still to be claimed.
 * Throws malformed, clock_skewed, signature_invalid.
 */
export function verifySignature(request: SignedRequest, secret: KeyObject, now_ms: number): string {
  const timestamp = request.headers[signatureHeaders.timestamp]
  const nonce = request.headers[signatureHeaders.nonce]
  const signature = request.headers[signatureHeaders.signature]
  const names = `${signatureHeaders.timestamp}, ${signatureHeaders.nonce} and ${signatureHeaders.signature}`
  if (typeof timestamp !== 'string' || typeof nonce !== 'string' || typeof signature !== 'string')
    throw new Problem('malformed', `a signed request carries ${names}`)
  if (!timestampPattern.test(timestamp))
    throw new Problem('malformed', `${signatureHeaders.timestamp} is milliseconds since the epoch`)
  if (!noncePattern.test(nonce))
    throw new Problem('malformed', `${signatureHeaders.nonce} is 16 to 64 of A–Z a–z 0–9 . _ : -`)
  if (Math.abs(Number(timestamp) - now_ms) > skewMost_ms)
    throw new Problem('clock_skewed', `the timestamp is more than ${skewMost_ms / 1000} s away from this clock`)

  // One that was sent twice comes as one text, and fits no contract.
  const key = String(request.headers[idempotencyHeader] ?? '')
  const expected = Buffer.from(signatureOf(secret, { ...request, key }, timestamp, nonce), 'latin1')
  const given = Buffer.from(signature, 'latin1')
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    throw new Problem(
      'signature_invalid',
      'the signature does not fit method, path, body, timestamp, nonce, idempotency key and region',
    )
  return nonce
}
