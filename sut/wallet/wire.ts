import { Problem } from '#sut/contracts/problems.ts'
import { choices, type Choices } from '#sut/designs/registry.ts'
import { dedupeKeys } from '#sut/designs/idempotency.ts'
import type { Database } from '#sut/platform/database.ts'
import type { Platform } from '#sut/platform/platform.ts'
import { dumpWallet } from './dump.ts'
import { holdEnder } from './hold-ender.ts'
import { holds, type Holds } from './holds.ts'
import { keepingHolds } from './kept-holds.ts'
import { ledger, type Ledger, type Transfers } from './ledger.ts'
import { checkTransfer } from './transfer-rules.ts'
import { writeBehind } from './write-behind.ts'

const acknowledging: Record<Choices['acknowledge'], (store: Ledger, platform: Platform) => Transfers> = {
  'after-commit': (store) => store,
  'before-commit': (store, platform) => {
    const cache = writeBehind(store, platform.clock, (text) => platform.log.error(text))
    platform.pending('write_behind', () => cache.pending())
    platform.onStop('write-behind', () => cache.flush())
    platform.background('write-behind', (signal) => cache.run(signal))
    return cache
  },
}

const releasing: Record<Choices['released'], (store: Holds, database: Database) => Holds> = {
  returned: (store) => store,
  kept: keepingHolds,
}

/** The wallet: double-entry ledger, transfers that are applied once, money on hold, an outbox that says what moved. */
export function wireWallet(platform: Platform): void {
  const { idempotency, acknowledge, released } = choices(platform.design)
  const database = platform.database()
  const dedupeKey = dedupeKeys[idempotency]
  const store = ledger({ database, clock: platform.clock, dedupeKey })
  const transfers = acknowledging[acknowledge](store, platform)

  platform.outbox(database)
  platform.dump('wallet', () => dumpWallet(database))
  platform.serve('wallet.transfer', async ({ body, caller }) => {
    checkTransfer(body, caller)
    return await transfers.transfer(body)
  })
  platform.serve('wallet.replay', async ({ body, caller }) => {
    checkTransfer(body, caller)
    if (!(await store.has(store.dedupeKey(body.key))))
      throw new Problem('not_found', 'nothing was moved under this key')
    return await transfers.transfer(body)
  })
  platform.serve('wallet.balance', ({ params }) => transfers.balance(params['id']!))
  wireHolds(platform, releasing[released](holds({ database, dedupeKey }), database))
}

function wireHolds(platform: Platform, store: Holds): void {
  platform.pending('holds_overdue', () => store.overdue())
  platform.background('hold-ender', (signal) =>
    holdEnder(
      store,
      (failed) => platform.log.warn({ failed: failed.slice(0, 5), count: failed.length }, 'holds left open'),
      signal,
    ),
  )
  platform.serve('wallet.place_hold', ({ body }) => store.place(body))
  platform.serve('wallet.capture_hold', ({ params, body }) => store.capture(params['id']!, body))
  platform.serve('wallet.release_hold', ({ params, body }) =>
    store.release({ hold_id: params['id']!, player_id: body.player_id }),
  )
  platform.serve('wallet.hold', ({ params }) => store.shown({ hold_id: params['hold']!, player_id: params['id']! }))
}
