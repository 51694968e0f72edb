import type { JWK } from 'jose'

/** The public half of a private Ed25519 key, as identity publishes it. */
export function publicKeysOf(private_key: string): { keys: Record<string, unknown>[] } {
  const { kty, crv, x, kid } = JSON.parse(private_key) as JWK
  return { keys: [{ kty, crv, x, kid, alg: 'EdDSA', use: 'sig' }] }
}
