import { join } from 'node:path'
import { systemClock } from '#lib/clock.ts'
import { newId } from '#lib/random.ts'
import type { GameDefinition, RoundRequest, StakeReservation, TransferRequest } from '#sut/contracts/bodies.ts'
import { winOf } from '#sut/contracts/fairness.ts'
import type { CallName } from '#sut/contracts/calls.ts'
import type { DedupeKey, DrawnWith, SendTransfer } from '#sut/designs/parts.ts'
import { openDatabase, type Database } from '#sut/platform/database.ts'
import { migrate } from '#sut/platform/migrate.ts'
import { sealing } from '#sut/platform/sealing.ts'
import type { AnswerOf, Call, CallOptions } from '#sut/platform/platform.ts'
import { startPostgres } from '#sut/platform/testing/stores.ts'
import { resolveOnce } from '../resolver.ts'
import { roundStore, type RoundStore } from '../round-store.ts'
import { isShown, seedStore, type SeedStore } from '../seed-store.ts'
import type { SpinParts } from '../spin.ts'
import { modelWallet, type ModelWallet } from './model-wallet.ts'

/** What happens at a step: it is not done, or it is done and nobody hears of it. `undefined`: nothing. */
export type Trouble = { when: 'before' | 'after'; error: Error } | undefined

/** One game process as the tests see it. A step is each call to another service and each write of the store. */
export interface World {
  readonly parts: SpinParts
  readonly wallet: ModelWallet
  readonly store: RoundStore
  readonly seeds: SeedStore
  /** Asked at each step, with its name. */
  trouble: (step: string) => Trouble
  readonly steps: string[]
  /** Whether the player has a loss limit. */
  limited: boolean
  /** Rounds whose stakes were reserved. */
  readonly reserved: string[]
  /** Ends every unfinished round, as the resolver does it; without trouble. */
  resolve(): Promise<void>
}
interface WorldOptions {
  dedupeKey?: DedupeKey
  drawnWith?: DrawnWith
  rounds_per_seed_max?: number
}
/** What a test seals seeds with. */
export const seal = sealing('a secret of a test', 'seeds')

export interface GameFixture extends AsyncDisposable {
  readonly database: Database
  world(game: GameDefinition, options?: WorldOptions): World
}

/** Every spin wins stake × 3, or none does. */
export const gameThat = (outcome: 'wins' | 'loses'): GameDefinition => ({
  game_id: 'fruits',
  title: 'Fruits',
  version: 1,
  return_to_player: 3,
  reels: [[1], [1], [1]],
  pays: outcome === 'wins' ? { 1: 3 } : {},
})

export const spinOf = (player_id: string, key: string = newId()): RoundRequest => ({
  key,
  player_id,
  session_id: 'session',
  stake_minor: 10,
  client_seed: 'mine',
})

/** Rounds in a PostgreSQL of their own; a resolver may take each at once. */
export async function startGame(): Promise<GameFixture> {
  const postgres = await startPostgres()
  const login = await postgres.createDatabase()
  const database = openDatabase({ servers: () => [postgres], login, application: 'game-test' })
  await migrate(database, join(import.meta.dirname, '../migrations'))
  return {
    database,
    world: (
      game,
      { dedupeKey = (key: string) => key, drawnWith = (seed: string) => seed, rounds_per_seed_max = 1000 } = {},
    ) =>
      world(
        roundStore({ database, seal, isShown, dedupeKey, resolve_after_ms: 0 }),
        seedStore({ database, seal, rounds_per_seed_max }),
        drawnWith,
        game,
      ),
    async [Symbol.asyncDispose]() {
      await database.end()
      await postgres[Symbol.asyncDispose]()
    },
  }
}

function world(store: RoundStore, seeds: SeedStore, drawnWith: DrawnWith, game: GameDefinition): World {
  const wallet = modelWallet()
  const step = async <T>(name: string, work: () => Promise<T> | T): Promise<T> => {
    made.steps.push(name)
    const trouble = made.trouble(name)
    if (trouble?.when === 'before') throw trouble.error
    const result = await work()
    if (trouble?.when === 'after') throw trouble.error
    return result
  }
  const answer = (name: CallName, body: unknown): unknown => {
    if (name === 'session.check') return { game_id: game.game_id, reserve: made.limited }
    if (name === 'session.reserve') {
      made.reserved.push((body as StakeReservation).round_id)
      return { reserved: made.limited }
    }
    if (name === 'wallet.transfer') return wallet.transfer(body as TransferRequest)
    throw new Error(`the game does not call ${name}`)
  }
  const call: Call = <Name extends CallName>(name: Name, { body }: CallOptions<Name>) =>
    step(name === 'wallet.transfer' ? (body as TransferRequest).kind : name, () => answer(name, body) as AnswerOf<Name>)
  const troubled: RoundStore = {
    ...store,
    open: (round) => step('open', () => store.open(round)),
    move: (round, move) => step(`to ${move.to}`, () => store.move(round, move)),
  }
  const definition = (): Promise<GameDefinition> => Promise.resolve(game)
  const send: SendTransfer = (body, limit_ms) => call('wallet.transfer', { body, deadline_ms: limit_ms })
  const parts = { store: troubled, seeds, drawnWith, winOf, send, call, clock: systemClock, definition }
  const made: World = {
    parts,
    wallet,
    store,
    seeds,
    trouble: () => undefined,
    steps: [],
    limited: false,
    reserved: [],
    async resolve() {
      made.trouble = () => undefined
      for (let attempt = 0; attempt < 20 && (await store.openCount()) > 0; attempt++)
        await resolveOnce(parts, { batch: 50, lease_ms: 0 })
    },
  }
  return made
}
