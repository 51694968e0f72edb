import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { newId } from '#lib/random.ts'
import { openDatabase, type Database } from '#sut/platform/database.ts'
import { accounts } from './accounts.ts'
import { attemptLimits, attempts } from './attempts.ts'
import { budget } from '#sut/platform/budget.ts'
import { hashing } from './hashing.ts'
import { logins } from './logins.ts'
import { passwords } from './passwords.ts'
import { playerStore } from './players.ts'
import { ensureStaff, staffSecrets } from './staff.ts'
import { startIdentity, type IdentityFixture } from './testing/fixture.ts'

// Whether a name is locked is decided before a guess is verified, for all instances together.
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

const secrets = { operator_password: 'a'.repeat(36), auditor_password: 'b'.repeat(36) }
const home = '192.0.2.1'
const elsewhere = '198.51.100.7'
const locked = { code: 'too_many_requests' }
const instance = async (database: Database) =>
  accounts({
    players: playerStore(database),
    passwords: await passwords(),
    hashing: hashing({ at_once: 2, waiting_max: 300, of_one_network_max: 300 }),
    failures: budget({ burst: 1_000, per_s: 0, remembered_max: 1_000 }, systemClock),
    attempts: attempts(database, attemptLimits, systemClock),
    isStaffSecret: staffSecrets(secrets),
    logins: logins({ database, sign: async ({ jti }) => jti, clock: systemClock }),
    clock: systemClock,
  })
const both = () => Promise.all([instance(fixture.database), instance(other)])
/** How often each code was the answer. */
const tally = (results: readonly PromiseSettledResult<unknown>[]): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const result of results) {
    const code = result.status === 'fulfilled' ? 'ok' : (result.reason as { code: string }).code
    counts[code] = (counts[code] ?? 0) + 1
  }
  return counts
}

describe('of 100 guesses at once, at two instances, five are verified', () => {
  test('of a name that somebody has, and of one that nobody has', async () => {
    const [one, two] = await both()
    const ada = { name: newId(), password: 'correct horse' }
    await one.register(ada, home)
    for (const name of [ada.name, newId()]) {
      const guess = (_: unknown, index: number) =>
        (index % 2 === 0 ? one : two).login({ name, password: `battery staple ${index}` }, elsewhere)
      const results = await Promise.allSettled(Array.from({ length: 100 }, guess))
      expect(tally(results)).toEqual({ unauthenticated: attemptLimits.in_a_row_max, too_many_requests: 95 })
    }
  })
})

describe('whoever guesses locks out himself', () => {
  const someone = async () => {
    const [one, two] = await both()
    const ada = { name: newId(), password: 'correct horse' }
    await one.register(ada, home)
    const wrong = { ...ada, password: 'battery staple' }
    const guessFrom = (address: string, times: number) =>
      Promise.allSettled(Array.from({ length: times }, () => two.login(wrong, address)))
    return { one, two, ada, wrong, guessFrom }
  }

  test('and neither the owner of the name, nor others', async () => {
    const { one, two, ada, guessFrom } = await someone()
    await guessFrom(elsewhere, 20)
    await expect(one.login(ada, elsewhere)).rejects.toMatchObject(locked)
    await expect(one.login(ada, '198.51.100.200')).rejects.toMatchObject(locked)
    expect(await one.login(ada, home)).toMatchObject({ player_id: expect.any(String) as unknown })
    expect(await two.login(ada, '203.0.113.1')).toMatchObject({ player_id: expect.any(String) as unknown })
  })

  test('but a hundred wrong ones from many networks lock a name for all from which nobody has been in', async () => {
    const { one, ada, wrong, guessFrom } = await someone()
    await one.login(ada, home)
    const networks = Array.from({ length: 30 }, (_, index) => `203.0.${index}.1`)
    const results = (await Promise.all(networks.map((address) => guessFrom(address, 5)))).flat()
    expect(tally(results)).toEqual({ unauthenticated: attemptLimits.name_max, too_many_requests: 50 })
    await expect(one.login(ada, '198.18.0.1')).rejects.toMatchObject(locked)
    expect(await one.login(ada, home)).toMatchObject({ player_id: expect.any(String) as unknown })
    // Its own count stands: who has been in may guess as little as others.
    const more = await guessFrom(home, 20)
    expect(tally(more)).toEqual({ unauthenticated: attemptLimits.in_a_row_max, too_many_requests: 15 })
    await expect(one.login(wrong, home)).rejects.toMatchObject(locked)
  })

  test('a generated secret of the staff passes every lock, from wherever the guesses come; a wrong one does not', async () => {
    const [one, two] = await both()
    await ensureStaff(playerStore(fixture.database), await passwords(), secrets)
    const right = { name: 'Operator', password: secrets.operator_password }
    const wrong = { ...right, password: 'c'.repeat(36) }
    const results = await Promise.allSettled(Array.from({ length: 100 }, () => two.login(wrong, elsewhere)))
    expect(tally(results)).toEqual({ unauthenticated: attemptLimits.in_a_row_max, too_many_requests: 95 })
    expect(await one.login(right, elsewhere)).toMatchObject({ player_id: expect.any(String) as unknown })
    await expect(one.login(wrong, elsewhere)).rejects.toMatchObject(locked)
  })
})

test('what was not verified, or was right, counts as nothing', async () => {
  const { take } = attempts(fixture.database, attemptLimits, systemClock)
  const name = newId()
  for (let count = 0; count < 3 * attemptLimits.in_a_row_max; count++) await (await take(name, home)).untried()
  const taken = await Promise.all(Array.from({ length: attemptLimits.in_a_row_max }, () => take(name, home)))
  await expect(take(name, home)).rejects.toMatchObject(locked)
  await taken[0]!.untried()
  await (await take(name, home)).right()
  const rows = await fixture.database.query<{ network: string; in_a_row: number }>(
    'select network, in_a_row from guesses where name_key = $1',
    [name],
  )
  // The four that are still looked at count for the name.
  expect(rows).toEqual([{ network: '', in_a_row: 4 }])
})
