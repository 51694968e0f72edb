import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { pause, waitFor } from '#lib/wait.ts'
import { services } from '#sut/contracts/descriptor.ts'
import type { SpinResult } from '#sut/contracts/api.ts'
import type { ShownCertificate } from '#sut/contracts/state.ts'
import { playerClient } from './player.ts'
import { startTestSystem, type TestSystem } from './system.ts'

/** The gateway refuses who spins faster than ten times a second. */
const reels_turn_ms = 120

let system: TestSystem
beforeAll(async () => void (system = await startTestSystem()))
afterAll(() => system[Symbol.asyncDispose]())

const shown = (): Promise<(string | null)[]> =>
  Promise.all(
    services.map(async (name) => (JSON.parse(await system.ask(name, '/certificate')) as ShownCertificate).serial),
  )

/** One who plays until told to stop; says how many spins were answered, and everything that was not. */
async function playing(name: string, over: () => boolean): Promise<{ spins: number; failed: unknown[] }> {
  const player = playerClient(system.url)
  try {
    await player.send('register', { name, password: 'correct horse' })
    await player.logIn(name, 'correct horse')
    const { game_id } = (await player.send<{ games: { game_id: string }[] }>('games')).body.games[0]!
    const { session_id } = (await player.send<{ session_id: string }>('open_session', { game_id })).body
    await player.send('deposit', { amount_minor: 1_000_000 }, `deposit-${name}`)
    const stake = { session_id, stake_minor: 100, client_seed: 'seed' }
    const failed: unknown[] = []
    let spins = 0
    for (; !over(); spins++) {
      const answer = await player.send<SpinResult>('spin', stake, `spin-${name}-${spins}`)
      if (answer.status !== 200) failed.push(answer)
      await pause(reels_turn_ms)
    }
    return { spins, failed }
  } finally {
    await player.close()
  }
}

test('players play on while all services change their certificates, twice, and not one spin fails', async () => {
  let over = false
  const players = Promise.all(['ada', 'bob', 'cem', 'dot'].map((name) => playing(name, () => over)))
  try {
    let before = await shown()
    for (let rotations = 0; rotations < 2; rotations++) {
      await system.rotate()
      const fresh = await waitFor(
        async () => {
          const now = await shown()
          return now.every((serial, index) => serial !== before[index]) && now
        },
        { what: 'new certificates', limit_ms: 15_000 },
      )
      expect(new Set([...before, ...fresh]).size).toBe(2 * services.length)
      before = fresh
    }
  } finally {
    over = true
  }
  const played = await players
  expect(played.flatMap(({ failed }) => failed)).toEqual([])
  for (const { spins } of played) expect(spins).toBeGreaterThan(10)
  for (const name of services) {
    const metrics = await system.ask(name, '/metrics')
    expect(metrics).not.toMatch(/call_(ejections|retries)_total\{/)
    const until_s = Number(/^certificate_until_timestamp_seconds\{.*\} (\S+)$/m.exec(metrics)?.[1])
    expect((until_s * 1000 - systemClock.wall_ms()) / 3_600_000).toBeCloseTo(24, 1)
  }
})
