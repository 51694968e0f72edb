import { eventStream, logStream } from '#sut/contracts/events.ts'
import { Problem } from '#sut/contracts/problems.ts'
import type { StateOf } from '#sut/contracts/state.ts'
import type { Bus } from '#sut/platform/bus.ts'
import type { Platform } from '#sut/platform/platform.ts'
import { business } from './business.ts'
import { deadLetters } from './dead-letters.ts'
import { recorder } from './recorder.ts'

const durable = 'telemetry'
const batch = 200

/** Copies EVENTS into LOG, each event once. Needs NATS. The dump is the same from every instance. */
export async function wireTelemetry(platform: Platform): Promise<void> {
  const { log, metrics } = platform
  const bus = platform.bus()
  const events = metrics.counter('telemetry_events_total', 'Events taken from the stream, by outcome', ['outcome'])
  await Promise.all([bus.streams.ensure(eventStream), bus.streams.ensure(logStream)])

  const letters = deadLetters(bus)
  const count = business(metrics)
  const take = recorder({
    record: async (event) => {
      const first = await bus.record(event)
      if (first) count(event)
      return first
    },
    putAside: async (sequence, kept) => {
      await letters.keep(sequence, kept)
      log.error({ sequence, violations: kept.violations }, 'an event does not fit the contract and was put aside')
    },
    count: (outcome) => events.inc({ outcome }),
  })
  platform.background('log', (signal) => bus.consume({ stream: eventStream, durable, batch }, take, signal))
  platform.pending('events_behind', () => bus.behind(eventStream, durable))
  platform.operation('GET', '/dead-letters', async () => ({ letters: await letters.list() }))
  platform.operation('POST', '/dead-letters/replay', async (search) => {
    const sequence = Number(search.get('sequence') ?? Number.NaN)
    if (!Number.isSafeInteger(sequence)) throw new Problem('malformed', 'sequence=<number of the letter> is missing')
    await letters.replay(sequence)
    log.info({ sequence }, 'a dead letter was sent again')
    return { replayed: sequence }
  })
  platform.dump('log', () => logLines(bus))
}

async function* logLines(bus: Bus): AsyncIterable<StateOf<'log'>> {
  for await (const { event } of bus.read(logStream)) yield { kind: 'log', event }
}
