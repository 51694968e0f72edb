import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { newId } from '#lib/random.ts'
import { openDatabase, type Database } from '#sut/platform/database.ts'
import { accounts } from './accounts.ts'
import { attemptLimits, attempts } from './attempts.ts'
import { logins } from './logins.ts'
import { passwords } from './passwords.ts'
import { playerStore } from './players.ts'
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

const instance = async (database: Database) =>
  accounts({
    players: playerStore(database),
    passwords: await passwords({ at_once: 2, waiting_max: 300 }),
    attempts: attempts(database, attemptLimits, systemClock),
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
    await one.register(ada)
    for (const name of [ada.name, newId()]) {
      const guess = (_: unknown, index: number) =>
        (index % 2 === 0 ? one : two).login({ name, password: `battery staple ${index}` })
      const results = await Promise.allSettled(Array.from({ length: 100 }, guess))
      expect(tally(results)).toEqual({ unauthenticated: attemptLimits.in_a_row_max, too_many_requests: 95 })
    }
  })
})
