import { exportJWK, generateKeyPair } from 'jose'
import { expect, test } from 'vitest'
import { publicKeys } from './keys.ts'

test('the key set shows the public half alone', async () => {
  const { privateKey } = await generateKeyPair('Ed25519', { extractable: true })
  const key = await exportJWK(privateKey)
  const { keys } = publicKeys(JSON.stringify({ ...key, kid: 'key-1' }))
  expect(keys).toEqual([{ kty: 'OKP', crv: 'Ed25519', x: key.x, kid: 'key-1', alg: 'EdDSA', use: 'sig' }])
})

test('a key without identifier, or of another kind, is refused', () => {
  expect(() => publicKeys('{"kty":"OKP","crv":"Ed25519","x":"abc"}')).toThrow(/kid/)
  expect(() => publicKeys('{"kty":"RSA","kid":"k"}')).toThrow(/Ed25519/)
})
