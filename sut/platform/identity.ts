import type { Platform } from './platform.ts'

export const tokenIssuer = 'slot-chaos/identity'
export const tokenAudience = 'slot-chaos/api'
export const roles = ['player', 'operator', 'auditor'] as const
export type Role = (typeof roles)[number]
export interface TokenClaims {
  player_id: string
  role: Role
  expires_at_ms: number
}
/** Throws Problem: unauthenticated or token_expired; unavailable when the keys cannot be had. */
export type VerifyToken = (token: string) => Promise<TokenClaims>

export declare function tokenVerifier(platform: Pick<Platform, 'call' | 'clock'>): VerifyToken
/** An EdDSA token; `key` is the private JWK (JSON text) with a `kid`. */
export declare function signToken(
  key: string,
  claims: { player_id: string; role: Role },
  expires_in_s: number,
  now_ms: number,
): Promise<string>
