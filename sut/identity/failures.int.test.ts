import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { newId } from '#lib/random.ts'
import { accounts } from './accounts.ts'
import { attemptLimits, attempts } from './attempts.ts'
import { budget } from '#sut/platform/budget.ts'
import { hashing } from './hashing.ts'
import { logins } from './logins.ts'
import { passwords } from './passwords.ts'
import { playerStore } from './players.ts'
import { startIdentity, type IdentityFixture } from './testing/fixture.ts'

// A network has a budget of wrong passwords, in hashes: whoever guesses at many names uses it up, and nobody else pays for him.
let fixture: IdentityFixture
beforeAll(async () => {
  fixture = await startIdentity()
})
afterAll(() => fixture[Symbol.asyncDispose]())

const burst = 10
const [home, elsewhere] = ['192.0.2.1', '198.51.100.7']
const tooMany = { code: 'too_many_requests' }
const wrong = { code: 'unauthenticated' }
const password = 'correct horse'

async function instance() {
  const { database } = fixture
  let hashes = 0
  const made = accounts({
    players: playerStore(database),
    passwords: await passwords(() => hashes++),
    hashing: hashing({ at_once: 1, waiting_max: 300, of_one_network_max: 300 }),
    failures: budget({ burst, per_s: 0, remembered_max: 100 }, systemClock),
    attempts: attempts(database, attemptLimits, systemClock),
    isStaffSecret: () => false,
    logins: logins({ database, sign: async ({ jti }) => jti, clock: systemClock }),
    clock: systemClock,
  })
  const guess = (address: string, name = newId()) => made.login({ name, password: 'battery staple' }, address)
  return { ...made, guess, hashes: () => hashes }
}

test('of 200 guesses at once at as many names, as many are hashed as the network has left, and others log in', async () => {
  const { register, login, guess, hashes } = await instance()
  const ada = { name: newId(), password }
  await register(ada, home)
  const before = hashes()
  const results = await Promise.allSettled(Array.from({ length: 200 }, () => guess(elsewhere)))
  expect(results.filter(({ status }) => status === 'fulfilled')).toEqual([])
  expect(hashes() - before).toBe(burst)
  await expect(guess('198.51.100.99')).rejects.toMatchObject(tooMany) // the same network
  expect(await login(ada, home)).toHaveProperty('token')
  expect(await login(ada, '203.0.113.5')).toHaveProperty('token')
})

test('who has been in from a network logs in from there, however much others guess; his own guesses stay bounded', async () => {
  const { register, login, guess } = await instance()
  const [known, stranger] = [newId(), newId()]
  for (const name of [known, stranger]) await register({ name, password }, home)
  await login({ name: known, password }, elsewhere)
  for (let count = 0; count < burst; count++) await expect(guess(elsewhere)).rejects.toMatchObject(wrong)
  await expect(login({ name: stranger, password }, elsewhere)).rejects.toMatchObject(tooMany)
  expect(await login({ name: known.toUpperCase(), password }, elsewhere)).toHaveProperty('token')
  for (let count = 0; count < attemptLimits.in_a_row_max; count++)
    await expect(guess(elsewhere, known)).rejects.toMatchObject(wrong)
  await expect(guess(elsewhere, known)).rejects.toMatchObject(tooMany)
})

test('who has registered from a network logs in from there, however much others have guessed', async () => {
  const { register, login, guess } = await instance()
  for (let count = 0; count < burst; count++) await expect(guess(elsewhere)).rejects.toMatchObject(wrong)
  const ada = { name: newId(), password }
  await register(ada, elsewhere)
  expect(await login(ada, elsewhere)).toHaveProperty('token')
})

test('a right password uses nothing up, however often; what its lock refuses little', async () => {
  const { register, login, guess, hashes } = await instance()
  const ada = { name: newId(), password }
  await register(ada, home)
  for (let count = 0; count < 3 * burst; count++) await login(ada, home)
  const name = newId()
  for (let count = 0; count < attemptLimits.in_a_row_max + 20; count++) await guess(elsewhere, name).catch(() => {})
  const before = hashes()
  const more = await Promise.allSettled(Array.from({ length: 20 }, () => guess(elsewhere)))
  expect(more.filter(({ status }) => status === 'rejected')).toHaveLength(20)
  expect(hashes() - before).toBe(3) // 10 less 5 hashes, less 20 looks at a lock
})

test('a place for the hash that was not to be had is charged to nobody', async () => {
  const { database } = fixture
  const failures = budget({ burst, per_s: 0, remembered_max: 100 }, systemClock)
  const { login } = accounts({
    players: playerStore(database),
    passwords: await passwords(),
    hashing: hashing({ at_once: 1, waiting_max: 0, of_one_network_max: 0 }),
    failures,
    attempts: attempts(database, attemptLimits, systemClock),
    isStaffSecret: () => false,
    logins: logins({ database, sign: async ({ jti }) => jti, clock: systemClock }),
    clock: systemClock,
  })
  for (let count = 0; count < 2 * burst; count++)
    await expect(login({ name: 'ada', password }, home)).rejects.toMatchObject(tooMany)
  const left = Array.from({ length: 2 * burst }, () => failures.take('192.0.2.0/24'))
  expect(left.filter((charge) => charge !== undefined)).toHaveLength(burst)
})
