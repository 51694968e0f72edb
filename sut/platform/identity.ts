import { SignJWT, createLocalJWKSet, decodeProtectedHeader, errors, importJWK, jwtVerify, type JWK } from 'jose'
import { newId } from '#lib/random.ts'
import { Problem } from '#sut/contracts/problems.ts'
import { roles, type Role } from '#sut/contracts/roles.ts'
import type { Platform } from './platform.ts'

export const tokenIssuer = 'slot-chaos/identity'
export const tokenAudience = 'slot-chaos/api'
export interface TokenClaims {
  player_id: string
  role: Role
  expires_at_ms: number
}
/** Throws Problem: unauthenticated or token_expired; unavailable when the keys cannot be had. */
export type VerifyToken = (token: string) => Promise<TokenClaims>

/** Keys are asked for again when a token names one that is not known, at most this often: forged names cost nothing. */
const refresh_least_ms = 5000
const keys_deadline_ms = 1500

/** Verifies tokens by the keys that identity publishes. One request for keys at a time. */
export function tokenVerifier({ call, clock }: Pick<Platform, 'call' | 'clock'>): VerifyToken {
  let keys: JWK[] = []
  let asked_ms = -Infinity
  let asking: Promise<void> | undefined

  const refresh = async (): Promise<void> => {
    const answer = await call('identity.keys', { deadline_ms: clock.monotonic_ms() + keys_deadline_ms })
    keys = answer.keys
    asked_ms = clock.monotonic_ms()
  }
  const knows = (kid: string | undefined): boolean => keys.some((key) => key.kid === kid)

  return async (token) => {
    const kid = keyOf(token)
    if (!knows(kid) && clock.monotonic_ms() - asked_ms > refresh_least_ms)
      await (asking ??= refresh().finally(() => (asking = undefined)))
    if (!knows(kid)) throw new Problem('unauthenticated', 'the token is signed by an unknown key')
    try {
      const expected = {
        issuer: tokenIssuer,
        audience: tokenAudience,
        algorithms: ['EdDSA'],
        currentDate: new Date(clock.wall_ms()),
      }
      const { payload } = await jwtVerify(token, createLocalJWKSet({ keys }), expected)
      const role = roles.find((name) => name === payload['role'])
      if (payload.sub === undefined || payload.exp === undefined || role === undefined)
        throw new Problem('unauthenticated', 'the token names no holder')
      return { player_id: payload.sub, role, expires_at_ms: payload.exp * 1000 }
    } catch (error) {
      if (error instanceof Problem) throw error
      if (error instanceof errors.JWTExpired) throw new Problem('token_expired', 'the token has expired: log in again')
      throw new Problem('unauthenticated', 'the token is not valid', { cause: error })
    }
  }
}

function keyOf(token: string): string | undefined {
  try {
    return decodeProtectedHeader(token).kid
  } catch (error) {
    throw new Problem('unauthenticated', 'the token cannot be read', { cause: error })
  }
}

const imported = new Map<string, Promise<Awaited<ReturnType<typeof importJWK>>>>()

/** An EdDSA token, by default with a new identifier; `key` is the private JWK (JSON text) with a `kid`. */
export async function signToken(
  key: string,
  claims: { player_id: string; role: Role; jti?: string },
  expires_in_s: number,
  now_ms: number,
): Promise<string> {
  const jwk = JSON.parse(key) as JWK
  const known = imported.get(key) ?? importJWK(jwk, 'EdDSA')
  imported.clear()
  imported.set(key, known)
  const now_s = Math.floor(now_ms / 1000)
  return new SignJWT({ role: claims.role })
    .setProtectedHeader({ alg: 'EdDSA', ...(jwk.kid === undefined ? {} : { kid: jwk.kid }) })
    .setSubject(claims.player_id)
    .setJti(claims.jti ?? newId())
    .setIssuer(tokenIssuer)
    .setAudience(tokenAudience)
    .setIssuedAt(now_s)
    .setExpirationTime(now_s + expires_in_s)
    .sign(await known)
}
