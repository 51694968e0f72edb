import { exportJWK, generateKeyPair } from 'jose'
import { expect, test } from 'vitest'
import { signToken, tokenVerifier } from './identity.ts'

async function keyNamed(kid: string) {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { extractable: true })
  const secret = JSON.stringify({ ...(await exportJWK(privateKey)), kid, alg: 'EdDSA' })
  return { secret, open: { ...(await exportJWK(publicKey)), kid, alg: 'EdDSA' } }
}

test('a token is known by the published keys, also by one that is new, until it expires', async () => {
  const [first, second, forged] = await Promise.all([keyNamed('one'), keyNamed('two'), keyNamed('two')])
  let now_ms = 1_000_000_000_000
  let published = [first.open]
  let asked = 0
  const call = (async () => {
    asked++
    return { keys: published }
  }) as never
  const verify = tokenVerifier({ call, clock: { wall_ms: () => now_ms, monotonic_ms: () => now_ms } })
  const sign = (key: string) => signToken(key, { player_id: 'p', role: 'player' }, 900, now_ms)

  const token = await sign(first.secret)
  expect(await verify(token)).toEqual({ player_id: 'p', role: 'player', expires_at_ms: now_ms + 900_000 })
  await expect(verify(await sign(second.secret))).rejects.toMatchObject({ code: 'unauthenticated' })
  expect(asked).toBe(1)

  published = [first.open, second.open]
  now_ms += 6000
  const rotated = await sign(second.secret)
  expect(await verify(rotated)).toMatchObject({ player_id: 'p' })
  expect(asked).toBe(2)
  await expect(verify(await sign(forged.secret))).rejects.toMatchObject({ code: 'unauthenticated' })
  await expect(verify('nonsense')).rejects.toMatchObject({ code: 'unauthenticated' })
  now_ms += 900_000
  await expect(verify(rotated)).rejects.toMatchObject({ code: 'token_expired' })
})
