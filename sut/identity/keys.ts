import type { JWK } from 'jose'

/** The public half of a private key (a JWK as JSON text), as a key set. Throws when the text is no Ed25519 key with a `kid`. */
export function publicKeys(private_key: string): { keys: Record<string, unknown>[] } {
  const { kty, crv, x, kid } = JSON.parse(private_key) as JWK
  if (kty !== 'OKP' || crv !== 'Ed25519' || x === undefined || kid === undefined)
    throw new Error('token_key is not an Ed25519 JWK with a kid')
  return { keys: [{ kty, crv, x, kid, alg: 'EdDSA', use: 'sig' }] }
}
