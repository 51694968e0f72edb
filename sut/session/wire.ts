import { eventStream } from '#sut/contracts/events.ts'
import type { Platform } from '#sut/platform/platform.ts'
import { careStore } from './care-store.ts'
import { outboxLines } from './dump.ts'
import { knownGames } from './known-games.ts'
import { limits } from './limits.ts'
import { playerCare } from './player-care.ts'
import { sessions } from './sessions.ts'
import { settler } from './settler.ts'
import { sessionStore } from './store.ts'

const durable = 'session'
const ended_rounds = 'events.*.game.round_ended'
const batch = 200

/** Needs the database; NATS gives back to loss limits what rounds have won. */
export function wireSession(platform: Platform): void {
  const database = platform.database()
  const { clock } = platform
  const store = sessionStore(database)
  const { open, check, acknowledge } = sessions({
    store,
    assertGame: knownGames(platform.call),
    clock,
    limits,
  })
  const cares = careStore(database)
  const care = playerCare({ store: cares, clock })

  platform.outbox(database)
  platform.dump('outbox', () => outboxLines(database))
  platform.serve('session.open', ({ body, deadline_ms }) => open(body, deadline_ms))
  const checkStake = platform.part('session.check', check)
  platform.serve('session.check', ({ body, params }) => checkStake(params['id']!, body))

  platform.background('settler', async (signal) => {
    await platform.bus().streams.ensure(eventStream)
    await platform.bus().consume({ stream: eventStream, durable, filter: ended_rounds, batch }, settler(cares), signal)
  })
  platform.pending('rounds_behind', () => platform.bus().behind(eventStream, durable))
  platform.serve('session.acknowledge', ({ body, params }) => acknowledge(params['id']!, body.player_id))
  platform.serve('session.limits', ({ params }) => care.show(params['id']!))
  platform.serve('session.set_limits', ({ body, params }) => care.setLimit(params['id']!, body.daily_loss_max_minor))
  platform.serve('session.exclude', ({ body, params }) => care.exclude(params['id']!, body.days))
  platform.serve('session.admit_deposit', ({ params }) => care.admitDeposit(params['id']!))
  platform.serve('session.reserve', ({ body }) => care.reserve(body))
}
