import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { newId } from '#lib/random.ts'
import { waitFor } from '#lib/wait.ts'
import { startServices, type TestService, type TestServices } from '#sut/platform/testing/services.ts'
import { limits } from './limits.ts'
import { wireSession } from './wire.ts'

// Two instances beside one Redis, which comes and goes. The promise: once a player has the answer that he is protected, no stake that is
// asked after it is allowed, by any instance, whatever is away and whenever it comes back.
let system: TestServices
let game: TestService
let gateway: TestService
let player_id: string
let session_id: string
beforeAll(async () => {
  system = await startServices('standard', { redis: true })
  await system.start('catalog', (platform) =>
    platform.serve('catalog.game', async ({ params }) => ({
      game_id: params['id']!,
      title: 'any',
      version: 1,
      return_to_player: 0.95,
      reels: [[0]],
      pays: {},
    })),
  )
  await system.start('session', wireSession)
  await system.start('session', wireSession)
  game = await system.start('game', () => {})
  gateway = await system.start('gateway', () => {})
})
afterAll(() => system[Symbol.asyncDispose]())
beforeEach(async () => {
  player_id = newId()
  session_id = await opened()
  await everywhere(async () => expect(await check()).toEqual({ game_id: 'fruits', reserve: false }))
})

const deadline_ms = (): number => performance.now() + 3_000
const ofPlayer = () => ({ params: { id: player_id }, deadline_ms: deadline_ms() })
const opened = async (): Promise<string> => {
  const body = { player_id, game_id: 'fruits' }
  return (await gateway.platform.call('session.open', { body, deadline_ms: deadline_ms() })).session_id
}
const check = () =>
  game.platform.call('session.check', {
    params: { id: session_id },
    body: { player_id, stake_minor: 1 },
    deadline_ms: deadline_ms(),
  })
/** Calls are spread over both instances: in twenty, each has had some. */
const everywhere = async (look: () => Promise<void>): Promise<void> => {
  await Promise.all(Array.from({ length: 20 }, look))
}
const refused = (code: string) => everywhere(() => expect(check()).rejects.toMatchObject({ code }))
const redisBack = () =>
  waitFor(
    () =>
      game.platform
        .redis()
        .ping()
        .catch(() => undefined),
    { what: 'Redis to answer', limit_ms: 15_000 },
  )

const outages = {
  silent: [() => system.redis!.signal('SIGSTOP'), () => system.redis!.signal('SIGCONT')],
  killed: [() => system.redis!.stop('SIGKILL'), () => system.redis!.start()],
} as const
for (const [name, [begin, end]] of Object.entries(outages)) {
  test(`an exclusion while Redis is ${name} counts at once, and still when Redis is back`, async () => {
    await begin()
    await gateway.platform.call('session.exclude', { ...ofPlayer(), body: { days: 30 } })
    await refused('self_excluded')
    await end()
    await redisBack()
    await refused('self_excluded')
  })

  test(`a loss limit that is set while Redis is ${name} counts at once`, async () => {
    await begin()
    await gateway.platform.call('session.set_limits', { ...ofPlayer(), body: { daily_loss_max_minor: 5 } })
    const reserves = () => everywhere(async () => expect(await check()).toMatchObject({ reserve: true }))
    await reserves()
    await end()
    await redisBack()
    await reserves()
  })
}

test('of stakes beside an exclusion none is allowed that was asked after its answer', async () => {
  for (let round = 0; round < 30; round++) {
    player_id = newId()
    session_id = await opened()
    let answered = false
    const late: unknown[] = []
    const asking = Array.from({ length: 4 }, async () => {
      for (let count = 0; count < 10; count++) {
        const after = answered
        const allowed = await check().catch(() => undefined)
        if (after && allowed !== undefined) late.push(allowed)
      }
    })
    const exclusion = gateway.platform
      .call('session.exclude', { ...ofPlayer(), body: { days: 1 } })
      .then(() => (answered = true))
    await Promise.all([...asking, exclusion])
    await refused('self_excluded')
    expect(late).toEqual([])
  }
})

test('a session that was ended by too many is over at every instance with the answer that ended it', async () => {
  for (let count = 0; count < limits.open_sessions_max; count++) await opened()
  await refused('session_ended')
})
