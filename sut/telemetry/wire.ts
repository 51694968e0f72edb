import { eventStream, logStream } from '#sut/contracts/events.ts'
import { Problem } from '#sut/contracts/problems.ts'
import type { SpanLine, StateOf } from '#sut/contracts/state.ts'
import { traceStream } from '#sut/contracts/tracing.ts'
import type { Bus } from '#sut/platform/bus.ts'
import type { Platform } from '#sut/platform/platform.ts'
import { business } from './business.ts'
import { auditKeeper } from './audit.ts'
import { auditStore } from './audit-store.ts'
import { deadLetters } from './dead-letters.ts'
import { recorder } from './recorder.ts'

const durable = 'telemetry'
const batch = 200
const page_default = 100
/** A consumer of its own: the log goes on while PostgreSQL is away, and the trail while the log has no leader. */
const audit = { stream: eventStream, durable: 'audit', batch: 500 } as const

/** The event log and the audit trail. Needs NATS and the database. The dump is the same from every instance. */
export async function wireTelemetry(platform: Platform): Promise<void> {
  const bus = platform.bus()
  await Promise.all(([eventStream, logStream, traceStream] as const).map((stream) => bus.streams.ensure(stream)))
  wireLog(platform, bus)
  wireAudit(platform, bus)
  platform.dump('spans', () => spanLines(bus, platform.log))
}

/** Takes what must be audited out of EVENTS, each event once. */
function wireAudit(platform: Platform, bus: Bus): void {
  const appended_total = platform.metrics.counter(
    'telemetry_audit_entries_total',
    'Entries appended to the audit trail',
  )
  const store = auditStore(platform.database())
  const take = auditKeeper({
    append: store.append,
    selects: platform.part('telemetry.audits', () => true),
    count: (appended) => appended_total.inc(appended),
  })
  platform.background('audit', (signal) => bus.consume(audit, take, signal))
  platform.pending('audit_behind', () => bus.behind(eventStream, audit.durable))
  platform.dump('audit', store.lines)
  platform.serve('telemetry.audit', async ({ query }) => {
    // In this order, so that no entry is behind the head.
    const entries = await store.page(Number(query['after'] ?? 0), Number(query['limit'] ?? page_default))
    return { entries, head: await store.head() }
  })
}

/** Copies EVENTS into LOG, each event once. */
function wireLog(platform: Platform, bus: Bus): void {
  const { log, metrics } = platform
  const events = metrics.counter('telemetry_events_total', 'Events taken from the stream, by outcome', ['outcome'])
  const letters = deadLetters(bus)
  const count = business(metrics)
  const record = platform.part('telemetry.record', (event) => bus.record(event))
  const take = recorder({
    record: async (event) => {
      const first = await record(event)
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
    const sequence = sequenceIn(search)
    const sent_again_as = await letters.replay(sequence)
    log.info({ sequence, sent_again_as }, 'a dead letter was sent again')
    return { replayed: sequence, sent_again_as }
  })
  platform.operation('POST', '/dead-letters/remove', async (search) => {
    const sequence = sequenceIn(search)
    await letters.remove(sequence)
    log.info({ sequence }, 'a dead letter that all have taken was removed')
    return { removed: sequence }
  })
  platform.dump('log', () => logLines(bus))
}

function sequenceIn(search: URLSearchParams): number {
  const sequence = Number(search.get('sequence') ?? Number.NaN)
  if (!Number.isSafeInteger(sequence)) throw new Problem('malformed', 'sequence=<number of the letter> is missing')
  return sequence
}

/** What all services have sent: telemetry alone reads it. */
async function* spanLines(bus: Bus, log: Platform['log']): AsyncIterable<SpanLine> {
  try {
    for await (const span of bus.spans()) yield { kind: 'span', span }
  } catch (error) {
    // The state is whole without them.
    log.warn({ err: error }, 'the spans could not be read to their end')
  }
}

async function* logLines(bus: Bus): AsyncIterable<StateOf<'log'>> {
  for await (const { event } of bus.read(logStream)) yield { kind: 'log', event }
}
