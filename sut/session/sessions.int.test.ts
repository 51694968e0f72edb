import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { Problem } from '#sut/contracts/problems.ts'
import { openDatabase, type Database } from '#sut/platform/database.ts'
import { migrate } from '#sut/platform/migrate.ts'
import { startPostgres, type PostgresStore } from '#sut/platform/testing/stores.ts'
import { limits } from './limits.ts'
import { sessions } from './sessions.ts'
import { sessionStore } from './store.ts'

let postgres: PostgresStore
let database: Database
beforeAll(async () => {
  postgres = await startPostgres()
  const login = await postgres.createDatabase('session')
  database = openDatabase({ servers: () => [postgres], login, application: 'session', size: 4 })
  await migrate(database, fileURLToPath(new URL('migrations', import.meta.url)))
})
afterAll(async () => {
  await database.end()
  await postgres[Symbol.asyncDispose]()
})

function start(change: Partial<typeof limits> = {}) {
  const store = sessionStore(database)
  const assertGame = async (game_id: string) => {
    if (game_id !== 'comet-chase') throw new Problem('not_found', 'no such game')
  }
  return sessions({ store, assertGame, clock: systemClock, limits: { ...limits, ...change } })
}

test('a session opens with its event and allows stakes of its player', async () => {
  const { open, check } = start()
  const { session_id, game_id } = await open({ player_id: 'ada', game_id: 'comet-chase' }, 0)
  expect(game_id).toBe('comet-chase')
  expect(await check(session_id, { player_id: 'ada', stake_minor: 100 })).toEqual({ game_id, reserve: false })
  await expect(check(session_id, { player_id: 'eve', stake_minor: 100 })).rejects.toMatchObject({ code: 'forbidden' })
  await expect(check('no-such', { player_id: 'ada', stake_minor: 1 })).rejects.toMatchObject({ code: 'not_found' })
  const [event] = await database.query<{ body: object }>('select body from outbox')
  expect(event!.body).toMatchObject({ type: 'session.opened', id: `session:${session_id}`, player_id: 'ada', game_id })
})

test('a game that nobody knows opens nothing', async () => {
  await expect(start().open({ player_id: 'ada', game_id: 'strange' }, 0)).rejects.toMatchObject({ code: 'not_found' })
})

test('one session too many ends the oldest', async () => {
  const { open, check } = start({ open_sessions_max: 2 })
  const opened: string[] = []
  for (let count = 0; count < 3; count++) {
    const { session_id } = await open({ player_id: 'grace', game_id: 'comet-chase' }, 0)
    await check(session_id, { player_id: 'grace', stake_minor: 1 })
    opened.push(session_id)
  }
  const states = await Promise.allSettled(opened.map((id) => check(id, { player_id: 'grace', stake_minor: 1 })))
  expect(states.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
  expect(states[0]).toMatchObject({ reason: { code: 'session_ended' } })
})
