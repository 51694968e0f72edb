import type { GameDefinition } from '#sut/contracts/bodies.ts'
import { winOf } from '#sut/contracts/fairness.ts'
import type { Platform } from '#sut/platform/platform.ts'
import { sealing } from '#sut/platform/sealing.ts'
import { definitions } from './definitions.ts'
import { dumpGame } from './dump.ts'
import { resolve_after_ms, resolver } from './resolver.ts'
import { proofOf } from './proof.ts'
import { roundStore } from './round-store.ts'
import { isShown as standardIsShown, purpose, seedStore } from './seed-store.ts'
import { promised, rotate, rounds_per_seed_max } from './seeds.ts'
import { spin } from './spin.ts'

const catalog_ms = 1500

/**
 * The game: rounds that are fair, paid once, and always end. Needs the database and the secret `seed_seal`, the same in every instance:
 * what it seals is the server seeds.
 */
export function wireGame(platform: Platform): void {
  const { call, clock, log } = platform
  const database = platform.database()
  const seed_seal = platform.config.secrets['seed_seal']
  if (seed_seal === undefined) throw new Error('game needs the secret seed_seal')
  const seal = sealing(seed_seal, purpose)
  const isShown = platform.part('game.seed-shown', standardIsShown)
  const dedupeKey = platform.part('game.dedupe-key', (key) => key)
  const drawnWith = platform.part('game.drawn-with', (server_seed) => server_seed)
  const store = roundStore({ database, seal, isShown, dedupeKey, resolve_after_ms })
  const cache = platform.layered<GameDefinition>({
    name: 'game-definition',
    memory_ms: 10_000,
    shared_ms: 60_000,
    load: (id) => call('catalog.game', { params: { id }, deadline_ms: clock.monotonic_ms() + catalog_ms }),
  })
  const seeds = seedStore({ database, seal, rounds_per_seed_max })
  const send = platform.part('game.send-transfer', (request, deadline_ms) =>
    call('wallet.transfer', { body: request, deadline_ms }),
  )
  const parts = {
    store,
    seeds,
    drawnWith,
    winOf: platform.part('game.win-of', winOf),
    send,
    call,
    clock,
    definition: definitions(cache),
  }

  platform.outbox(database)
  platform.pending('rounds_open', () => store.openCount())
  platform.dump('game', () => dumpGame(database, { seal, isShown }))
  const left = (failed: string[]): void =>
    log.warn({ failed: failed.slice(0, 5), count: failed.length }, 'rounds left open')
  platform.background(
    'resolver',
    platform.part('game.resolver', (signal) => resolver(parts, left, signal)),
  )
  const play = platform.part('game.spin', (request, deadline_ms) => spin(request, parts, deadline_ms))
  platform.serve('game.spin', ({ body, deadline_ms }) => play(body, deadline_ms))
  platform.serve('game.seed', ({ params }) => promised(params['id']!, seeds))
  platform.serve('game.rotate', ({ body }) => rotate(body.player_id, seeds))
  const prove = platform.part('game.proof', (player_id, round_id, deadline_ms) => {
    const version = (id: string, number: number) =>
      call('catalog.version', { params: { id, version: String(number) }, deadline_ms })
    return proofOf(player_id, round_id, { store, version })
  })
  platform.serve('game.proof', ({ params, deadline_ms }) => prove(params['id']!, params['round']!, deadline_ms))
  platform.serve('game.session_result', async ({ params }) => ({
    net_result_minor: await store.netOf(params['id']!, params['session']!),
  }))
}
