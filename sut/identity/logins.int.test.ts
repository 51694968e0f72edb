import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { newId } from '#lib/random.ts'
import type { Login } from '#sut/contracts/bodies.ts'
import { login_life_s } from '#sut/contracts/promises.ts'
import { openDatabase, type Database } from '#sut/platform/database.ts'
import { logins, tokenLife_s } from './logins.ts'
import { operators } from './operators.ts'
import { startIdentity, type IdentityFixture } from './testing/fixture.ts'

// No login survives its end, whatever goes on beside it. Two instances, so that nothing but the database can hold it.
let fixture: IdentityFixture
let other: Database
beforeAll(async () => {
  fixture = await startIdentity()
  other = openDatabase({ ...fixture.place, application: 'identity-2', size: 8 })
})
afterAll(async () => {
  await other.end()
  await fixture[Symbol.asyncDispose]()
})

const instance = (database: Database) => ({
  ...logins({ database, sign: async ({ jti }) => `x ${jti}`, clock: systemClock }),
  ...operators({ database, clock: systemClock }),
})
const jtiOf = ({ token }: Login): string => token.split(' ')[1]!
const player = async (): Promise<string> => {
  const player_id = newId()
  await fixture.database.query(`insert into players (player_id, name, password_hash) values ($1, $1, 'none')`, [
    player_id,
  ])
  return player_id
}

const tries = 200
const at_once = 8
interface Try {
  player_id: string
  first: Login
  one: ReturnType<typeof instance>
  two: ReturnType<typeof instance>
}
/** What races, begun at once; the logins that it gave are looked at when all is over. */
type Race = (start: Try) => Promise<Promise<unknown>[]> | Promise<unknown>[]
const isLogin = (value: unknown): value is Login => typeof value === 'object' && value !== null && 'token' in value

/** The tries after which a token of the login was still good. */
async function survivors(race: Race): Promise<number> {
  const [one, two] = [instance(fixture.database), instance(other)]
  let survived = 0
  const attempt = async (): Promise<void> => {
    const player_id = await player()
    const first = await one.begin(player_id)
    const results = await Promise.allSettled(await race({ player_id, first, one, two }))
    const given = [first, ...results.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))].filter(
      isLogin,
    )
    const revoked = new Set(await two.revoked())
    const refreshed = await Promise.allSettled(given.map(({ refresh_token }) => two.refresh(refresh_token)))
    const alive =
      given.some((login) => !revoked.has(jtiOf(login))) || refreshed.some((each) => each.status === 'fulfilled')
    if (alive) survived++
  }
  for (let count = 0; count < tries; count += at_once) await Promise.all(Array.from({ length: at_once }, attempt))
  return survived
}

describe(`of ${tries} logins none survives`, () => {
  test('a logout beside a refresh', async () => {
    const race: Race = ({ first, one, two }) => [one.end(jtiOf(first)), two.refresh(first.refresh_token)]
    expect(await survivors(race)).toBe(0)
  })

  test('a logout with an old token beside a refresh', async () => {
    const race: Race = async ({ first, one, two }) => {
      const second = await one.refresh(first.refresh_token)
      return [Promise.resolve(second), two.refresh(second.refresh_token), one.end(jtiOf(first))]
    }
    expect(await survivors(race)).toBe(0)
  })

  test('one refresh token at two instances at once', async () => {
    const race: Race = ({ first, one, two }) => [one.refresh(first.refresh_token), two.refresh(first.refresh_token)]
    expect(await survivors(race)).toBe(0)
  })

  test('a refresh token of yesterday beside that of today', async () => {
    const race: Race = async ({ first, one, two }) => {
      const second = await one.refresh(first.refresh_token)
      return [Promise.resolve(second), one.refresh(first.refresh_token), two.refresh(second.refresh_token)]
    }
    expect(await survivors(race)).toBe(0)
  })

  test('a suspension beside a refresh and a login', async () => {
    const race: Race = ({ player_id, first, one, two }) => [
      two.refresh(first.refresh_token),
      one.suspend({ player_id, operator_id: 'operator-1' }),
      two.begin(player_id),
    ]
    expect(await survivors(race)).toBe(0)
  })
})

describe('a login has an end', () => {
  test('from which on no refresh goes on with it, however often it was refreshed before', async () => {
    const { begin, refresh } = instance(fixture.database)
    let login = await begin(await player())
    const [{ life_s }] = (await fixture.database.query<{ life_s: bigint }>(
      `select round(extract(epoch from ends_at - begun_at))::bigint as life_s from logins where player_id = $1`,
      [login.player_id],
    )) as [{ life_s: bigint }]
    expect(Number(life_s)).toBe(login_life_s)
    login = await refresh(login.refresh_token)
    await fixture.database.query(`update logins set ends_at = now() where player_id = $1`, [login.player_id])
    await expect(refresh(login.refresh_token)).rejects.toMatchObject({ code: 'unauthenticated' })
  })

  test('beyond which no token of it is good', async () => {
    const { begin, refresh } = instance(fixture.database)
    const first = await begin(await player())
    expect(first.expires_in_s).toBe(tokenLife_s)
    const { player_id } = first
    await fixture.database.query(`update logins set ends_at = now() + interval '60 s' where player_id = $1`, [
      player_id,
    ])
    const last = await refresh(first.refresh_token)
    expect(last.expires_in_s).toBeLessThanOrEqual(60)
    expect(last.expires_in_s).toBeGreaterThan(50)
    const late = await fixture.database.query(
      `select from refresh_tokens join logins using (login_id) where not used and logins.player_id = $1
         and (access_until > ends_at or refresh_until > ends_at)`,
      [player_id],
    )
    expect(late).toEqual([])
  })

  test('and is forgotten some time after it', async () => {
    const { begin, removeOld } = instance(fixture.database)
    const { player_id } = await begin(await player())
    await fixture.database.query(`update logins set ends_at = now() - interval '1 day' where player_id = $1`, [
      player_id,
    ])
    await fixture.database.query(
      `update refresh_tokens set refresh_until = now() - interval '1 day' where player_id = $1`,
      [player_id],
    )
    await removeOld()
    expect(await fixture.database.query('select from logins where player_id = $1', [player_id])).toEqual([])
  })
})

test('what was ended is told longer than its tokens live by the clock of the database: other clocks are late', async () => {
  const { begin, end, revoked, removeOld } = instance(fixture.database)
  const login = await begin(await player())
  await end(jtiOf(login))
  await fixture.database.query(`update revoked_tokens set access_until = now() - interval '30 s' where jti = $1`, [
    jtiOf(login),
  ])
  await removeOld()
  expect(await revoked()).toContain(jtiOf(login))
})
