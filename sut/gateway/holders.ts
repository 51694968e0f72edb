import { hash, type KeyObject } from 'node:crypto'
import { decodeJwt } from 'jose'
import type { Clock } from '#lib/clock.ts'
import { Problem } from '#sut/contracts/problems.ts'
import type { Role } from '#sut/contracts/roles.ts'
import { signingKeyOf, signingSecret } from './signature.ts'

/** Who sends a request, as its token says, and the secret that its signature must be made with. */
export interface Holder {
  player_id: string
  role: Role
  jti: string
  secret: KeyObject
  expires_at_ms: number
}

export interface HoldersOptions {
  /** Throws Problem: unauthenticated, token_expired or unavailable. */
  verify: (token: string) => Promise<{ player_id: string; role: Role; expires_at_ms: number }>
  signing_master: string
  clock: Clock
  /** Verified tokens that are kept; beyond it the ones that were not used for longest are verified again. */
  kept_max: number
}

/** The `jti` of a token whose signature somebody has checked already, or who made it. Throws unauthenticated. */
export function identifierOf(token: string): string {
  const { jti } = decodeJwt(token)
  if (jti === undefined) throw new Problem('unauthenticated', 'the token has no identifier (jti)')
  return jti
}

export function bearerOf(authorization: string | undefined): string {
  if (authorization === undefined || !authorization.startsWith('Bearer '))
    throw new Problem('unauthenticated', 'the header authorization carries no bearer token')
  return authorization.slice('Bearer '.length)
}

/** Verifies each token once: an EdDSA check costs more than all the rest of a request's admission. */
export function holders({ verify, signing_master, clock, kept_max }: HoldersOptions): {
  of(token: string): Promise<Holder>
} {
  // Keyed by hash, so that a dump of memory shows no list of tokens. In order of last use.
  const kept = new Map<string, Holder>()

  const known = (key: string): Holder | undefined => {
    const holder = kept.get(key)
    if (holder === undefined) return undefined
    kept.delete(key)
    if (holder.expires_at_ms <= clock.wall_ms())
      throw new Problem('token_expired', 'the token has expired: log in again')
    kept.set(key, holder)
    return holder
  }

  return {
    of: async (token) => {
      const key = hash('sha256', token, 'base64')
      const holder = known(key)
      if (holder !== undefined) return holder

      const { player_id, role, expires_at_ms } = await verify(token)
      const jti = identifierOf(token)
      const verified = { player_id, role, jti, secret: signingSecret(signingKeyOf(signing_master, jti)), expires_at_ms }
      for (const oldest of kept.keys()) {
        if (kept.size < kept_max) break
        kept.delete(oldest)
      }
      kept.set(key, verified)
      return verified
    },
  }
}
