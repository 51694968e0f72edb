import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '#lib/random.ts'
import { waitFor } from '#lib/wait.ts'
import type { TransferRequest } from '#sut/contracts/bodies.ts'
import { Problem, problems } from '#sut/contracts/problems.ts'
import type { Database } from '#sut/platform/database.ts'
import { dumpWallet } from './dump.ts'
import { endOnce } from './hold-ender.ts'
import type { Holds } from './holds.ts'
import type { Ledger } from './ledger.ts'
import { expectSound, readBooks } from './testing/audit.ts'
import { startLedger, type LedgerFixture } from './testing/fixture.ts'

// A transfer is one statement, and so is what happens to a hold. It can be cut off before it is sent, while it runs (its connection, or
// the whole server), and after its commit, when the answer is lost. Clients then ask again with the same key until they know.
const crashes = ['none', 'before', 'connection', 'server', 'after'] as const
type Crash = (typeof crashes)[number]

let fixture: LedgerFixture
beforeAll(async () => {
  fixture = await startLedger({ connections: 8 })
})
afterAll(() => fixture[Symbol.asyncDispose]())

class CutOff extends Error {}
const happened = new Map<Crash, number>()

/** SIGQUIT: no checkpoint and no farewell; the next start replays the log, as after a loss of power. */
let restart: Promise<void> | undefined
const crashServer = (): Promise<void> =>
  (restart ??= (async () => {
    await fixture.postgres.stop('SIGQUIT')
    await fixture.postgres.start()
  })().finally(() => (restart = undefined)))

const cutConnections = (): Promise<unknown> =>
  fixture.postgres.administer(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'wallet-test' and state = 'active'`,
  )

/** Each statement meets the next of these crashes; after the last of them, none. */
function crashing(planned: readonly Crash[]): Pick<Database, 'query'> {
  const left = [...planned]
  return {
    async query(...statement) {
      const crash = left.shift() ?? 'none'
      happened.set(crash, (happened.get(crash) ?? 0) + 1)
      if (crash === 'before') throw new CutOff(crash)
      const answer = fixture.database.query(...statement)
      if (crash === 'connection' || crash === 'server')
        await Promise.allSettled([answer, crash === 'server' ? crashServer() : cutConnections()])
      const rows = await answer
      if (crash === 'after') throw new CutOff(crash)
      return rows as never
    },
  }
}

const mayBeAskedAgain = (error: unknown): boolean => !(error instanceof Problem) || problems[error.code].retry

/** The answer, or the refusal, that a patient client ends with. */
async function ask<Answer extends object>(request: () => Promise<Answer>): Promise<Answer | Problem> {
  const ended = async (): Promise<Answer | Problem | undefined> => {
    try {
      return await request()
    } catch (error) {
      return mayBeAskedAgain(error) ? undefined : (error as Problem)
    }
  }
  return await waitFor(ended, { what: 'an answer', limit_ms: 30_000, every_ms: 10 })
}

const operation = fc.record({
  kind: fc.constantFrom('deposit' as const, 'bet' as const, 'win' as const, 'rollback' as const),
  player: fc.integer({ min: 0, max: 1 }),
  number: fc.integer({ min: 0, max: 4 }),
  amount: fc.integer({ min: 1, max: 3 }),
  times: fc.integer({ min: 1, max: 2 }),
})
// A crash of the server costs half a second: a few in a run.
const crash = fc.oneof(
  { weight: 20, arbitrary: fc.constant('none' as const) },
  { weight: 6, arbitrary: fc.constantFrom('before' as const, 'connection' as const, 'after' as const) },
  { weight: 1, arbitrary: fc.constant('server' as const) },
)

type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never

/** Requests of a plan, each as often as it says. */
const requestsOf = (run: string, operations: readonly Operation[]) =>
  operations.flatMap(({ kind, player, number, amount, times }): TransferRequest[] => {
    const player_id = `${run}-${player}`
    const round_id = `${run}-${player}-${number}`
    const made: TransferRequest =
      kind === 'deposit'
        ? { key: `deposit:${player_id}:${number}`, kind, player_id, amount_minor: 10 * amount }
        : { key: `${kind}:${round_id}`, kind, player_id, amount_minor: amount, round_id, game_id: 'fruits' }
    return Array.from({ length: times }, () => made)
  })

const holdPlan = fc.record({
  player: fc.integer({ min: 0, max: 1 }),
  number: fc.integer({ min: 0, max: 3 }),
  amount: fc.integer({ min: 1, max: 8 }),
  /** Some are over before anybody can end them, some while somebody does, some never. */
  lasts_ms: fc.constantFrom(1, 20, 600_000),
  captured: fc.integer({ min: 1, max: 8 }),
  ends: fc.array(fc.constantFrom('capture' as const, 'release' as const), { maxLength: 3 }),
})
type HoldPlan = typeof holdPlan extends fc.Arbitrary<infer T> ? T : never

interface Captured {
  hold_id: string
  transfer_id: string
}
/** Places a hold and ends it in several ways at once: what was answered as captured. */
async function live(run: string, plan: HoldPlan, holds: Holds): Promise<Captured[]> {
  const player_id = `${run}-${plan.player}`
  const request = {
    key: `hold:${player_id}:${plan.number}`,
    player_id,
    amount_minor: plan.amount,
    lasts_ms: plan.lasts_ms,
  }
  const [placed, again] = await Promise.all([ask(() => holds.place(request)), ask(() => holds.place(request))])
  if (placed instanceof Problem || again instanceof Problem) return []
  expect({ ...again, replayed: true }).toEqual({ ...placed, replayed: true })
  const { hold_id } = placed
  const amount_minor = Math.min(plan.captured, plan.amount)
  const ends = await Promise.all(
    plan.ends.map((end) =>
      end === 'capture'
        ? ask(() => holds.capture(hold_id, { player_id, amount_minor }))
        : ask(async () => ({ released: await holds.release({ hold_id, player_id }) })),
    ),
  )
  const captured = ends.flatMap((end) => ('transfer_id' in end ? [{ hold_id, transfer_id: end.transfer_id }] : []))
  // Whoever was answered that it happened, the others were not told the contrary.
  expect(captured.length === 0 || ends.every((end) => !('released' in end))).toBe(true)
  return captured
}

const play = async (run: string, operations: readonly Operation[], ledger: Ledger) =>
  Promise.all(
    requestsOf(run, operations).map(async (request) => ({
      key: request.key,
      answer: await ask(() => ledger.transfer(request)),
    })),
  )

test(
  'whatever is cut off, and whenever: the books are sound, a key moves money once, what was answered is in them',
  { timeout: 180_000 },
  async () => {
    const answered: { key: string; transfer_id: string }[] = []
    const captured: Captured[] = []
    const plan = fc.tuple(
      fc.array(operation, { minLength: 5, maxLength: 40, size: 'max' }),
      fc.array(holdPlan, { minLength: 2, maxLength: 10, size: 'max' }),
      fc.array(crash, { minLength: 20, maxLength: 60, size: 'max' }),
    )
    await fc.assert(
      fc.asyncProperty(plan, async ([operations, holdPlans, planned]) => {
        const through = crashing(planned)
        const [ledger, holds] = [fixture.ledger('unique-key', through), fixture.holds('unique-key', through)]
        const run = newId()
        const looking = Promise.all([1, 2, 3].map(() => ask(() => endOnce(holds, { batch: 5, lease_ms: 1 }))))
        const [ends, captures] = await Promise.all([
          play(run, operations, ledger),
          Promise.all(holdPlans.map((hold) => live(run, hold, holds))),
        ])
        await looking
        captured.push(...captures.flat())
        for (const { key, answer } of ends)
          if (!(answer instanceof Problem)) answered.push({ key, transfer_id: answer.transfer_id })
      }),
      { numRuns: 20 },
    )
    const left = fixture.holds('unique-key')
    await waitFor(
      async () => (await endOnce(left, { batch: 50, lease_ms: 1 })).claimed + (await left.overdue()) === 0,
      {
        what: 'the end of holds whose time is over',
        limit_ms: 30_000,
      },
    )
    const books = await readBooks(dumpWallet(fixture.database))
    expectSound(books)
    expect(new Set(books.transfers.map(({ key }) => key)).size).toBe(books.transfers.length)
    const kept = new Map(books.transfers.map((transfer) => [transfer.transfer_id, transfer]))
    for (const { key, transfer_id } of answered) {
      const { transfer_kind, key: kept_key } = kept.get(transfer_id)!
      // A rollback that came before its bet stands where the bet would.
      expect(kept_key).toBe(transfer_kind === 'tombstone' ? key.replace('rollback:', 'bet:') : key)
    }
    // The property means something only if everything has happened.
    for (const kind of crashes) expect(happened.get(kind), kind).toBeGreaterThan(0)
    expect(new Set(books.transfers.map(({ transfer_kind }) => transfer_kind)).size).toBe(6)
    expect(new Set(books.holds.map(({ status }) => status)).size).toBe(4)
    for (const { hold_id, transfer_id } of captured) expect(kept.get(transfer_id)?.key).toBe(`capture:${hold_id}`)
  },
)

test('design idempotency-off: an answer that is lost after its commit is paid twice', async () => {
  const ledger = fixture.ledger('off', crashing(['after']))
  const player_id = newId()
  const request: TransferRequest = { key: newId(), kind: 'deposit', player_id, amount_minor: 500 }
  await ask(() => ledger.transfer(request))
  expect(await fixture.ledger('off').balance(player_id)).toMatchObject({ balance_minor: 1_000, version: 2 })
})
