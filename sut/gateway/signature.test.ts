import { createHash, createHmac } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Problem } from '#sut/contracts/problems.ts'
import {
  signatureOf,
  signingKeyOf,
  signingSecret,
  skewMost_ms,
  verifySignature,
  type SignedRequest,
} from './signature.ts'

const now_ms = 1_750_000_000_000
const signing_key = signingKeyOf('master', 'token-1')
const nonce = 'nonce-0123456789'

/** Signs as the contract tells a client to, with nothing of the gateway's own code. */
function signed(
  { key, ...part }: { method: string; path: string; body: string; key?: string },
  at_ms = now_ms,
): SignedRequest {
  const body_hash = createHash('sha256').update(part.body).digest('hex')
  const text = [part.method, part.path, body_hash, String(at_ms), nonce, key ?? '', 'a'].join('\n')
  return {
    ...part,
    region: 'a',
    headers: {
      ...(key === undefined ? {} : { 'idempotency-key': key }),
      'x-slot-timestamp': String(at_ms),
      'x-slot-nonce': nonce,
      'x-slot-signature': createHmac('sha256', signing_key).update(text).digest('hex'),
    },
  }
}

const verify = (request: SignedRequest) => verifySignature(request, signingSecret(signing_key), now_ms)
const codeOf = (request: SignedRequest): string => {
  try {
    verify(request)
    return 'ok'
  } catch (error) {
    return (error as Problem).code
  }
}

const spin = { method: 'POST', path: '/v1/spins?x=1', body: '{"stake_minor":100,"name":"Žofie"}', key: 'key-00001' }

describe('a request signature', () => {
  test('as the contract describes it is accepted, and gives the nonce', () => {
    expect(verify(signed(spin))).toBe(nonce)
    expect(verify(signed({ method: 'GET', path: '/v1/balance', body: '' }))).toBe(nonce)
  })

  test('fails when any part was changed', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('method', 'path', 'body', 'x-slot-timestamp', 'x-slot-nonce', 'x-slot-signature'),
        fc.string({ minLength: 1 }),
        (part, other) => {
          const request = signed(spin)
          if (part === 'x-slot-timestamp') request.headers[part] = String(now_ms + 1)
          else if (part === 'x-slot-nonce') request.headers[part] = 'nonce-0123456780'
          else if (part === 'x-slot-signature')
            request.headers[part] = `${other}${String(request.headers[part]).slice(other.length)}`
          else Object.assign(request, { [part]: `${spin[part as 'path']}${other}` })
          fc.pre(
            request.headers['x-slot-signature'] !== signed(spin).headers['x-slot-signature'] ||
              part !== 'x-slot-signature',
          )
          expect(codeOf(request)).toBe('signature_invalid')
        },
      ),
    )
  })

  test('covers the idempotency key: a request that was signed once moves money under one key alone', () => {
    for (const other of ['key-00002', '', undefined]) {
      const request = signed(spin)
      request.headers['idempotency-key'] = other
      expect(codeOf(request)).toBe('signature_invalid')
    }
    const without = signed({ method: 'POST', path: '/v1/withdrawals', body: '{}' })
    without.headers['idempotency-key'] = 'key-00001'
    expect(codeOf(without)).toBe('signature_invalid')
  })

  test('is for the region that it was made for', () => {
    expect(codeOf({ ...signed(spin), region: 'b' })).toBe('signature_invalid')
  })

  test('of another token does not fit', () => {
    expect(() => verifySignature(signed(spin), signingSecret(signingKeyOf('master', 'token-2')), now_ms)).toThrow(
      /does not fit/,
    )
  })

  test('is refused outside of the time window', () => {
    expect(codeOf(signed(spin, now_ms - skewMost_ms))).toBe('ok')
    expect(codeOf(signed(spin, now_ms - skewMost_ms - 1))).toBe('clock_skewed')
    expect(codeOf(signed(spin, now_ms + skewMost_ms + 1))).toBe('clock_skewed')
  })

  test.each([
    ['x-slot-timestamp', 'yesterday'],
    ['x-slot-timestamp', undefined],
    ['x-slot-nonce', 'short'],
    ['x-slot-nonce', 'with spaces and so on'],
    ['x-slot-signature', undefined],
  ])('with %s = %s is malformed', (name, value) => {
    const request = signed(spin)
    request.headers[name] = value
    expect(codeOf(request)).toBe('malformed')
  })

  test('is what signatureOf makes', () => {
    const request = signed(spin)
    expect(signatureOf(signing_key, { ...spin, region: 'a' }, String(now_ms), nonce)).toBe(
      request.headers['x-slot-signature'],
    )
  })
})
