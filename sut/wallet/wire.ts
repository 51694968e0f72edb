import { Problem } from '#sut/contracts/problems.ts'
import type { Platform } from '#sut/platform/platform.ts'
import { dumpWallet } from './dump.ts'
import { holdEnder } from './hold-ender.ts'
import { holds, type Holds } from './holds.ts'
import { ledger } from './ledger.ts'
import { checkTransfer } from './transfer-rules.ts'

/** The wallet: double-entry ledger, transfers that are applied once, money on hold, an outbox that says what moved. */
export function wireWallet(platform: Platform): void {
  const database = platform.database()
  const dedupeKey = platform.part('wallet.dedupe-key', (key) => key)
  const store = ledger({ database, clock: platform.clock, dedupeKey })
  const transfers = platform.part('wallet.ledger', store)

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
  wireHolds(platform, holds({ database, dedupeKey }))
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
  const release = platform.part('wallet.release-hold', (hold) => store.release(hold))
  platform.serve('wallet.release_hold', ({ params, body }) =>
    release({ hold_id: params['id']!, player_id: body.player_id }),
  )
  platform.serve('wallet.hold', ({ params }) => store.shown({ hold_id: params['hold']!, player_id: params['id']! }))
}
