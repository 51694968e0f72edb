import { eventStream, logStream } from '#sut/contracts/events.ts'
import type { StateOf } from '#sut/contracts/state.ts'
import type { Bus } from '#sut/platform/bus.ts'
import type { Platform } from '#sut/platform/platform.ts'
import { recorder } from './recorder.ts'

const durable = 'telemetry'
const batch = 200
/** What the log cannot take, by its number in the stream EVENTS. */
const asideBucket = 'log-invalid'

/** Copies EVENTS into LOG, each event once. Needs NATS. The dump is the same from every instance. */
export async function wireTelemetry(platform: Platform): Promise<void> {
  const { log, metrics } = platform
  const bus = platform.bus()
  const events = metrics.counter('telemetry_events_total', 'Events taken from the stream, by outcome', ['outcome'])
  await Promise.all([bus.streams.ensure(eventStream), bus.streams.ensure(logStream)])

  const take = recorder({
    record: (event) => bus.record(event),
    putAside: async (sequence, kept) => {
      const bucket = await bus.kv(asideBucket)
      await bucket.put(`sequence-${sequence}`, JSON.stringify(kept))
      log.error({ sequence, violations: kept.violations }, 'an event does not fit the contract and was put aside')
    },
    count: (outcome) => events.inc({ outcome }),
  })
  platform.background('log', (signal) => bus.consume({ stream: eventStream, durable, batch }, take, signal))
  platform.pending('events_behind', () => bus.behind(eventStream, durable))
  platform.dump('log', () => logLines(bus))
}

async function* logLines(bus: Bus): AsyncIterable<StateOf<'log'>> {
  for await (const { event } of bus.read(logStream)) yield { kind: 'log', event }
}
