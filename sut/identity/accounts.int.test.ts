import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { newId } from '#lib/random.ts'
import type { Credentials } from '#sut/contracts/api.ts'
import type { Database } from '#sut/platform/database.ts'
import { accounts } from './accounts.ts'
import { attemptLimits, attempts } from './attempts.ts'
import { budget } from '#sut/platform/budget.ts'
import { outboxLines } from './dump.ts'
import { hashing } from './hashing.ts'
import { logins, tokenLife_s } from './logins.ts'
import { operators } from './operators.ts'
import { passwords } from './passwords.ts'
import { playerStore } from './players.ts'
import { ensureStaff } from './staff.ts'
import { startIdentity, type IdentityFixture } from './testing/fixture.ts'

let fixture: IdentityFixture
let database: Database
beforeAll(async () => {
  fixture = await startIdentity()
  database = fixture.database
})
afterAll(() => fixture[Symbol.asyncDispose]())

const limits = { ...attemptLimits, in_a_row_max: 3, lock_ms: 400, lock_most_ms: 1600, forget_ms: 60_000 }
const tokens = () =>
  logins({
    database,
    sign: async ({ player_id, jti }, expires_in_s) => `${player_id} ${jti} ${expires_in_s}`,
    clock: systemClock,
  })
const home = '192.0.2.1'
const open = async () => {
  const { register, login } = accounts({
    players: playerStore(database),
    passwords: await passwords(),
    hashing: hashing({ at_once: 2, waiting_max: 300, of_one_network_max: 300 }),
    failures: budget({ burst: 1_000, per_s: 0, remembered_max: 1_000 }, systemClock),
    attempts: attempts(database, limits, systemClock),
    isStaffSecret: () => false,
    logins: tokens(),
    clock: systemClock,
  })
  return {
    register: (credentials: Credentials) => register(credentials, home),
    login: (credentials: Credentials) => login(credentials, home),
  }
}
/** Types of the events about somebody, in their order, and what they say beside that. */
const eventsOf = async (player_id: string): Promise<object[]> => {
  const rows = await database.query<{ body: object }>('select body from outbox where player_id = $1 order by id', [
    player_id,
  ])
  return rows.map(({ body }) => body)
}
const jtiOf = ({ token }: { token: string }): string => token.split(' ')[1]!
const notValid = { code: 'unauthenticated' }

test('a player registers once, with an event, and logs in with the right password alone', async () => {
  const { register, login } = await open()
  const credentials = { name: 'Ada', password: 'correct horse' }
  const { player_id } = await register(credentials)
  const event_id = `identity:${player_id}`
  expect(await Array.fromAsync(outboxLines(database))).toEqual([
    { kind: 'outbox', service: 'identity', event_id, type: 'identity.player_registered', published: false },
  ])
  expect(await login(credentials)).toEqual({
    player_id,
    token: expect.stringMatching(new RegExp(`^${player_id} \\S+ ${tokenLife_s}$`)) as unknown,
    expires_in_s: tokenLife_s,
    refresh_token: expect.stringMatching(/^[\w-]{43}$/) as unknown,
  })
  const wrong = { code: 'unauthenticated', message: 'name or password is wrong' }
  await expect(login({ ...credentials, password: 'battery staple' })).rejects.toMatchObject(wrong)
  await expect(login({ ...credentials, name: 'Grace' })).rejects.toMatchObject(wrong)
  await expect(register({ ...credentials, name: 'ADA' })).rejects.toMatchObject({ code: 'name_taken' })
})

test('of many who want one name at the same moment one gets it', async () => {
  const { register } = await open()
  const all = await Promise.allSettled(
    Array.from({ length: 8 }, (_, index) => register({ name: 'Hedy', password: `password-${index}` })),
  )
  expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  for (const one of all) if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'name_taken' })
  const rows = await database.query(`select 1 from players p join outbox o using (player_id) where p.name = 'Hedy'`)
  expect(rows).toHaveLength(1)
})

test('wrong passwords in a row lock a name, whether it exists or not, for longer and longer', async () => {
  const { register, login } = await open()
  const ada = { name: 'Lovelace', password: 'correct horse' }
  await register(ada)
  for (const name of ['lovelace', 'nobody-has-this']) {
    const wrong = { name, password: 'battery staple' }
    for (let count = 0; count < limits.in_a_row_max; count++) await expect(login(wrong)).rejects.toMatchObject(notValid)
    await expect(login({ ...wrong, password: ada.password })).rejects.toMatchObject({ code: 'too_many_requests' })
  }
  // Its own password, once the lock is over, and then the count begins anew.
  await vi.waitFor(() => login(ada), { timeout: 3_000, interval: 50 })
  await expect(login({ ...ada, password: 'battery staple' })).rejects.toMatchObject(notValid)
  expect(await login(ada)).toMatchObject({ expires_in_s: tokenLife_s })
})

test('wrong passwords that are long past count no more, and no number of them is too many', async () => {
  const { take } = attempts(database, limits, systemClock)
  const guess = () => take('Forgotten', home)
  for (let count = 0; count < limits.in_a_row_max; count++) await (await guess()).wrong()
  await expect(guess()).rejects.toMatchObject({ code: 'too_many_requests' })
  const later = `update guesses set last_at = now() - interval '1 day', locked_until = now() where name_key = 'forgotten'`
  await database.query(later)
  for (let count = 0; count < limits.in_a_row_max; count++) await guess()
  await database.query(`update guesses set in_a_row = 100000, locked_until = now() where name_key = 'forgotten'`)
  await guess()
  await expect(guess()).rejects.toMatchObject({ code: 'too_many_requests' })
  const [row] = await database.query<{ wait_ms: number }>(
    `select extract(epoch from locked_until - now())::float8 * 1000 as wait_ms from guesses
     where name_key = 'forgotten' and network <> ''`,
  )
  expect(row!.wait_ms).toBeLessThanOrEqual(limits.lock_most_ms)
})

describe('a login', () => {
  const player = async (): Promise<string> => {
    const { register } = await open()
    return (await register({ name: newId(), password: 'correct horse' })).player_id
  }

  test('goes on with each refresh token once; the second use ends it, with all its tokens', async () => {
    const { begin, refresh, revoked } = tokens()
    const first = await begin(await player())
    const second = await refresh(first.refresh_token)
    const third = await refresh(second.refresh_token)
    expect(new Set([first, second, third].map(jtiOf)).size).toBe(3)
    expect(await revoked()).not.toContain(jtiOf(first))
    await expect(refresh(first.refresh_token)).rejects.toMatchObject(notValid)
    await expect(refresh(third.refresh_token)).rejects.toMatchObject(notValid)
    expect(await revoked()).toEqual(expect.arrayContaining([first, second, third].map(jtiOf)))
  })

  test('that is refreshed twice at the same moment is ended', async () => {
    const { begin, refresh, revoked } = tokens()
    const first = await begin(await player())
    const both = await Promise.allSettled([refresh(first.refresh_token), refresh(first.refresh_token)])
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await revoked()).toContain(jtiOf(first))
  })

  test('ends by a logout, and no other one with it', async () => {
    const { begin, refresh, end, revoked } = tokens()
    const player_id = await player()
    const [one, other] = [await begin(player_id), await begin(player_id)]
    await end(jtiOf(one))
    await end(jtiOf(one))
    expect(await revoked()).toContain(jtiOf(one))
    expect(await revoked()).not.toContain(jtiOf(other))
    await expect(refresh(one.refresh_token)).rejects.toMatchObject(notValid)
    expect(await refresh(other.refresh_token)).toMatchObject({ player_id })
  })

  test('is stored without what could be used by a thief, and goes when it is over', async () => {
    const { begin, refresh, removeOld } = tokens()
    const { refresh_token } = await begin(await player())
    const rows = await database.query('select * from refresh_tokens')
    expect(
      JSON.stringify(rows, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
    ).not.toContain(refresh_token)
    await database.query(`update refresh_tokens set refresh_until = now() - interval '1 s'`)
    await expect(refresh(refresh_token)).rejects.toMatchObject(notValid)
    await removeOld()
    expect(await database.query('select 1 from refresh_tokens')).toEqual([])
  })
})

describe('an event in the same transaction', () => {
  const credentials = () => ({ name: newId(), password: 'correct horse' })

  test('tells of a login, its end, and no end that was none', async () => {
    const { register, login } = await open()
    const ada = credentials()
    const { player_id } = await register(ada)
    const { end, refresh } = tokens()
    const one = await login(ada)
    await end(jtiOf(one))
    await end(jtiOf(one))
    const other = await login(ada)
    await refresh(other.refresh_token)
    await expect(refresh(other.refresh_token)).rejects.toMatchObject(notValid)
    expect(await eventsOf(player_id)).toMatchObject([
      { type: 'identity.player_registered' },
      { type: 'identity.logged_in', role: 'player' },
      { type: 'identity.logged_out', cause: 'logout' },
      { type: 'identity.logged_in' },
      { type: 'identity.logged_out', cause: 'refresh_token_reused' },
    ])
  })

  test('tells of a lock, and of a name that nobody has only that', async () => {
    const { register, login } = await open()
    const ada = credentials()
    const { player_id } = await register(ada)
    const before = (await eventsOf('nobody')).length
    for (const name of [ada.name, newId()])
      for (let count = 0; count < limits.in_a_row_max; count++)
        await expect(login({ name, password: 'battery staple' })).rejects.toMatchObject(notValid)
    expect((await eventsOf(player_id)).slice(1)).toMatchObject([{ type: 'identity.login_locked', in_a_row: 3 }])
    const [nobodys] = (await eventsOf('nobody')).slice(before)
    expect(Object.keys(nobodys!).toSorted()).toEqual(['id', 'in_a_row', 'occurred_at_ms', 'player_id', 'type'])
  })
})

interface Acted {
  player_id: string
  operator_id: string
}
describe('an operator', () => {
  const suspend = (request: Acted) => operators({ database, clock: systemClock }).suspend(request)
  const reinstate = (request: Acted) => operators({ database, clock: systemClock }).reinstate(request)
  const suspended = { code: 'account_suspended' }

  test('ends the logins of a player and lets none begin until the account is reinstated', async () => {
    const { register, login } = await open()
    const ada = { name: newId(), password: 'correct horse' }
    const { player_id } = await register(ada)
    const [one, other] = [await login(ada), await login(ada)]
    const request = { player_id, operator_id: 'operator-1' }
    expect(await suspend(request)).toEqual({ player_id, suspended: true })
    expect(await suspend(request)).toEqual({ player_id, suspended: true })
    const { revoked, refresh } = tokens()
    expect(await revoked()).toEqual(expect.arrayContaining([jtiOf(one), jtiOf(other)]))
    await expect(refresh(other.refresh_token)).rejects.toMatchObject(notValid)
    await expect(login(ada)).rejects.toMatchObject(suspended)
    await expect(login({ ...ada, password: 'battery staple' })).rejects.toMatchObject(notValid)
    expect(await reinstate(request)).toEqual({ player_id, suspended: false })
    expect(await login(ada)).toMatchObject({ player_id })
    const told = (await eventsOf(player_id)).filter((event) => JSON.stringify(event).includes('"player.'))
    expect(told).toMatchObject([
      { type: 'player.suspended', operator_id: 'operator-1' },
      { type: 'player.reinstated', operator_id: 'operator-1' },
    ])
  })

  test('who suspends while logins begin and go on leaves none of them', async () => {
    const { register, login } = await open()
    const ada = { name: newId(), password: 'correct horse' }
    const { player_id } = await register(ada)
    const { refresh, begin } = tokens()
    const held = [await login(ada), ...(await Promise.all(Array.from({ length: 5 }, () => begin(player_id))))]
    await Promise.allSettled([
      ...held.map(({ refresh_token }) => refresh(refresh_token)),
      begin(player_id),
      suspend({ player_id, operator_id: 'operator-1' }),
      begin(player_id),
    ])
    expect(await database.query('select 1 from refresh_tokens where player_id = $1', [player_id])).toEqual([])
  })

  test('and an auditor have accounts from the secrets, made once, which no operator can suspend', async () => {
    const secrets = { operator_password: 'operator-secret', auditor_password: 'auditor-secret' }
    const hasher = await passwords()
    await Promise.all([1, 2].map(() => ensureStaff(playerStore(database), hasher, secrets)))
    await ensureStaff(playerStore(database), hasher, { operator_password: 'later', auditor_password: 'later' })
    const { login, register } = await open()
    await expect(register({ name: 'Operator', password: 'correct horse' })).rejects.toMatchObject({
      code: 'name_taken',
    })
    const { player_id } = await login({ name: 'auditor', password: 'auditor-secret' })
    expect(await eventsOf(player_id)).toMatchObject([{ type: 'identity.logged_in', role: 'auditor' }])
    await expect(suspend({ player_id, operator_id: 'operator-1' })).rejects.toMatchObject({ code: 'not_found' })
    await expect(suspend({ player_id: 'nobody', operator_id: 'o' })).rejects.toMatchObject({ code: 'not_found' })
    await expect(ensureStaff(playerStore(database), hasher, {})).rejects.toThrow('operator_password')
  })
})
