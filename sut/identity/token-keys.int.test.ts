import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { waitFor } from '#lib/wait.ts'
import type { Database } from '#sut/platform/database.ts'
import { signToken, tokenVerifier } from '#sut/platform/identity.ts'
import { rotation, tokenKeys, type TokenKeys } from './token-keys.ts'
import { startIdentity, type IdentityFixture } from './testing/fixture.ts'

let fixture: IdentityFixture
let database: Database
beforeAll(async () => {
  fixture = await startIdentity()
  database = fixture.database
})
afterAll(() => fixture[Symbol.asyncDispose]())
beforeEach(async () => {
  await database.query('delete from token_keys')
})

const open = (times = { every_s: 3_600, lead_s: 1 }): TokenKeys => tokenKeys(database, 'secret of the system', times)
const kidOf = async (keys: TokenKeys): Promise<string> => (JSON.parse(await keys.signing()) as { kid: string }).kid
const kids = async (keys: TokenKeys): Promise<unknown[]> =>
  (await keys.published()).keys.map(({ kid }) => String(kid)).toSorted()

test('instances that start together have one key, and its private half is nowhere to be read', async () => {
  const instances = [open(), open(), open()]
  const signing = await Promise.all(instances.map(kidOf))
  expect(new Set(signing).size).toBe(1)
  const published = await instances[0]!.published()
  expect(published.keys).toEqual([
    { kty: 'OKP', crv: 'Ed25519', x: expect.any(String) as unknown, kid: signing[0], alg: 'EdDSA', use: 'sig' },
  ])
  const { d } = JSON.parse(await instances[0]!.signing()) as { d: string }
  const [row] = await database.query<{ text: string; sealed: Buffer }>(
    `select token_keys::text as text, sealed from token_keys`,
  )
  expect(row!.text).not.toContain(d)
  expect(row!.sealed.toString('latin1')).not.toContain(d)
  const stranger = tokenKeys(database, 'another secret', { every_s: 3_600, lead_s: 1 })
  await expect(stranger.signing()).rejects.toThrow()
})

test('a key is published before it signs; whoever verifies never meets an unknown one, while keys take turns', async () => {
  const [first, second] = [open(), open()]
  const before = await kidOf(first)
  const time = { skipped_ms: 0 }
  const clock = { ...systemClock, monotonic_ms: () => systemClock.monotonic_ms() + time.skipped_ms }
  const verify = tokenVerifier({ call: (async () => second.published()) as never, clock })
  const play = async (): Promise<void> => {
    const token = await signToken(await first.signing(), { player_id: 'ada', role: 'player' }, 900, clock.wall_ms())
    expect(await verify(token)).toMatchObject({ player_id: 'ada' })
  }
  await play()
  await second.rotate()
  await first.renew()
  expect(await kidOf(first)).toBe(before)
  expect(await kids(first)).toHaveLength(2)
  expect(await kids(second)).toEqual(await kids(first))
  await play()
  await waitFor(
    async () => {
      await first.renew()
      return (await kidOf(first)) !== before
    },
    { what: 'the next key to sign', limit_ms: 10_000 },
  )
  // A verifier asks again after five seconds at the earliest: the lead of the real rotation is longer.
  time.skipped_ms += 5_001
  await play()
  expect(rotation.lead_s).toBeGreaterThan(5)
})

test('a key gives way when its time is over, and is forgotten when no token of it can be valid', async () => {
  const keys = open({ every_s: 60, lead_s: 0 })
  const first = await kidOf(keys)
  await keys.renew()
  expect(await kids(keys)).toEqual([first])
  await database.query(`update token_keys set created_at = created_at - interval '61 s'`)
  await keys.renew()
  expect(await kids(keys)).toHaveLength(2)
  expect(await kidOf(keys)).not.toBe(first)
  await database.query(`update token_keys set created_at = created_at - interval '1 hour' where kid = $1`, [first])
  await keys.renew()
  expect(await kids(keys)).not.toContain(first)
})

test('a system that was away for a day signs at once', async () => {
  const old = await kidOf(open())
  await database.query(
    `update token_keys set created_at = created_at - interval '1 day', signs_from = signs_from - interval '1 day'`,
  )
  const keys = open({ every_s: 60, lead_s: 30 })
  expect(await kidOf(keys)).not.toBe(old)
  expect(await kids(keys)).toHaveLength(1)
})
