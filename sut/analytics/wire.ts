import { Compile } from 'typebox/compile'
import { pause } from '#lib/wait.ts'
import { eventStream, systemEvent } from '#sut/contracts/events.ts'
import type { BusMessage } from '#sut/platform/bus.ts'
import type { Platform } from '#sut/platform/platform.ts'
import { shardBucket } from './bucket.ts'
import { isHome, stillness } from './care.ts'
import { deliveryLines, durableOf, filterOf, progressOf, shards } from './consumers.ts'
import { historyReader } from './reader.ts'
import { modelLines } from './state-lines.ts'
import { updater } from './updater.ts'
import { applyVersion } from './versions.ts'

const bucketName = 'analytics'
/** The bus hands over what came within a second, or a full batch: one write of a shard's document for all of it. */
const batch = 200
const lookEvery_ms = 1_000
/** How long an instance stands in for a shard before it looks whether that is still needed. */
const standIn_ms = 30_000
const schema = Compile(systemEvent)

/** Builds the read models from EVENTS. Needs NATS. The dump is the same from every instance. */
export async function wireAnalytics(platform: Platform): Promise<void> {
  const { clock, log, metrics } = platform
  const bus = platform.bus()
  await bus.streams.ensure(eventStream)
  const bucket = shardBucket(bus, bucketName)
  const conflicts = metrics.counter('analytics_conflicts_total', 'Writes of a shard that met a newer revision')
  const invalid = metrics.counter('analytics_invalid_events_total', 'Events that do not fit the contract')
  const isNew = platform.part('analytics.is-new', applyVersion)
  const { apply } = updater(bucket, () => conflicts.inc(), isNew)
  const delivered = platform.part('analytics.deliveries', (events) => events)

  const take = (shard: number) => async (messages: readonly BusMessage[]) => {
    const valid = messages.filter(({ event, sequence }) => {
      if (schema.Check(event)) return true
      invalid.inc()
      log.error({ sequence }, 'an event does not fit the contract; telemetry keeps it aside')
      return false
    })
    await apply(shard, delivered(valid.map(({ event }) => event)))
    for (const message of messages) message.ack()
  }
  const consume = (shard: number, signal: AbortSignal) =>
    bus.consume({ stream: eventStream, durable: durableOf(shard), filter: filterOf(shard), batch }, take(shard), signal)

  for (const shard of shards.filter((one) => isHome(one, platform.config.region)))
    platform.background(`shard-${shard}`, (signal) => consume(shard, signal))

  platform.background('stand-in', async (signal) => {
    const look = stillness()
    const busy = new Set<number>()
    while (!signal.aborted) {
      for (const shard of look(await progressOf(bus))) {
        if (busy.has(shard) || isHome(shard, platform.config.region)) continue
        log.warn({ shard }, 'nothing moves in a shard of the other region: standing in')
        busy.add(shard)
        void consume(shard, AbortSignal.any([signal, AbortSignal.timeout(standIn_ms)]))
          .catch((error: unknown) => log.warn({ err: error, shard }, 'standing in failed'))
          .finally(() => busy.delete(shard))
      }
      await pause(lookEvery_ms, signal)
    }
  })

  const history = platform.part('analytics.history', historyReader(bucket, clock))
  platform.serve('analytics.history', ({ params }) => history(params['id']!))
  platform.pending('events_behind', async () => (await progressOf(bus)).reduce((sum, { behind }) => sum + behind, 0))
  platform.dump('models', () => modelLines(bucket))
  platform.dump('deliveries', () => deliveryLines(bus))
}
