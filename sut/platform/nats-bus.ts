import { DeliverPolicy, JetStreamApiError, jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { JetStreamClient, JetStreamManager, JetStreamPublishOptions, JsMsg } from '@nats-io/jetstream'
import { Kvm, type KV } from '@nats-io/kv'
import { connect, headers, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node'
import { pause } from '#lib/wait.ts'
import { eventStream, logStream, subjectOf, type SystemEvent } from '#sut/contracts/events.ts'
import { Problem } from '#sut/contracts/problems.ts'
import { traceStream, traceSubjectOf, type Span } from '#sut/contracts/tracing.ts'
import { inboxOf, logSubjectOf, replicasFor, streamSettings, type StreamName } from './bus-streams.ts'
import type { Bus } from './bus.ts'
import type { ServiceConfig } from './config.ts'
import { consumeForever } from './nats-consumer.ts'
import { isTaken, publishUntilStored } from './nats-publish.ts'
import type { DiscoveryWatch } from './discovery.ts'
import { sendSpan, traceHeader } from './nats-spans.ts'
import { headerOf, type Trace } from './trace.ts'
import { noTracer, type Tracer } from './tracer.ts'

/** All tries together must end before a transaction that waits for them is idle for too long (database-connection.ts). */
const publish_timeout_ms = 1500
/** A start waits so long for a cluster with a leader, as it does for a database. */
const ensure_limit_ms = 120_000
const ensure_pause_ms = 500
/** A server that loses the request (it has only just begun to lead) is asked again after this; the library waits for 45 s. */
const read_expires_ms = 4_000
const not_found = 404

export interface BusOptions {
  config: Pick<ServiceConfig, 'region' | 'instance' | 'nats'>
  discovery: Pick<DiscoveryWatch, 'current'>
  /** Told once about each trouble of a consumer. */
  report: (error: unknown, text: string) => void
  tracer?: Tracer
}

/** Connects at the first use; a connection that is lost comes back by itself, to any server. */
export function natsBus({ config, discovery, report, tracer = noTracer }: BusOptions): Bus {
  let connecting: Promise<NatsConnection> | undefined
  const buckets = new Map<string, Promise<KV>>()

  const connection = (): Promise<NatsConnection> =>
    (connecting ??= connectNear(config, discovery).catch((error: unknown) => {
      connecting = undefined
      throw new Problem('unavailable', 'no event bus answers', { cause: error })
    }))
  let publisher: JetStreamClient | undefined
  const client = async (): Promise<JetStreamClient> =>
    (publisher ??= jetstream(await connection(), { timeout: publish_timeout_ms, checkAPI: false }))
  const manager = async (): Promise<JetStreamManager> =>
    jetstreamManager(await connection(), { timeout: publish_timeout_ms, checkAPI: false })
  const replicas = (): number => replicasFor(discovery.current().nats.length)

  const untilStored = async (subject: string, body: unknown, more: Partial<JetStreamPublishOptions>): Promise<number> =>
    publishUntilStored(await client(), subject, body, { timeout: publish_timeout_ms, ...more })

  const send = (stream: StreamName, subject: string, event: SystemEvent, msgID?: string): Promise<number> =>
    tracer.span(
      () => sendSpan(stream, event),
      (span) =>
        untilStored(subject, event, {
          ...(msgID === undefined ? {} : { msgID }),
          ...(span === undefined ? {} : { headers: headersOf(span.trace) }),
        }),
    )

  const ensure = (name: StreamName): Promise<void> =>
    untilTaken(async () => {
      const { streams } = await manager()
      const wanted = { ...streamSettings[name], subjects: [...streamSettings[name].subjects], num_replicas: replicas() }
      try {
        await streams.info(name)
      } catch (error) {
        if (!isMissing(error)) throw error
        await streams.add(wanted)
      }
    })

  return {
    publish: async (event) => void (await send(eventStream, subjectOf(event), event, event.id)),
    publishAgain: (event, message_id) => send(eventStream, subjectOf(event), event, message_id),
    record: async (event) => {
      try {
        // Without an id: the server would take a copy for done, where the subject refuses it and says so.
        await send(logStream, logSubjectOf(event), event)
        return true
      } catch (error) {
        if (isTaken(error)) return false
        throw error
      }
    },
    consume: (options, handler, signal) =>
      consumeForever({ client, manager, replicas, report, tracer }, options, handler, signal),
    behind: async (stream, durable) => {
      const { num_pending, num_ack_pending } = await (await manager()).consumers.info(stream, durable)
      return num_pending + num_ack_pending
    },
    read: async function* (stream) {
      for await (const message of readAll(client, manager, stream))
        yield { event: message.json<SystemEvent>(), sequence: message.seq }
    },
    sendSpans: async (spans) => {
      // With an id: what was stored and not acknowledged must not be there twice.
      await untilStored(traceSubjectOf(config.nats?.user ?? 'nobody'), spans, { msgID: spans[0]?.span_id ?? '' })
    },
    spans: async function* () {
      for await (const message of readAll(client, manager, traceStream)) yield* message.json<Span[]>()
    },
    kv: async (bucket) => {
      const opened =
        buckets.get(bucket) ??
        untilTaken(async () => new Kvm(await client()).create(bucket, { replicas: replicas(), history: 1 }))
      buckets.set(bucket, opened)
      opened.catch(() => buckets.delete(bucket))
      return opened
    },
    streams: { ensure, manager, client },
    end: async () => {
      const opened = await connecting?.catch(() => undefined)
      await opened?.close()
    },
  }
}

function connectNear(config: BusOptions['config'], discovery: BusOptions['discovery']): Promise<NatsConnection> {
  const { nats } = discovery.current()
  // Near servers first; the others when those are away. The cluster's own addresses would lead past the proxies.
  const sorted = nats.toSorted(
    (one, other) => Number(other.region === config.region) - Number(one.region === config.region),
  )
  return connect({
    servers: sorted.map(({ host, port }) => `${host}:${port}`),
    ...(config.nats !== undefined && {
      user: config.nats.user,
      pass: config.nats.password,
      inboxPrefix: inboxOf(config.nats.user),
    }),
    name: config.instance,
    noRandomize: true,
    ignoreClusterUpdates: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 100,
    timeout: 2000,
    pingInterval: 2000,
    maxPingOut: 2,
  })
}

function headersOf(trace: Trace): MsgHdrs {
  const made = headers()
  made.set(traceHeader, headerOf(trace))
  return made
}

const isMissing = (error: unknown): boolean => error instanceof JetStreamApiError && error.status === not_found

/** Streams and buckets cannot be made before the cluster has a leader: tries again, until ensure_limit_ms. */
async function untilTaken<T>(action: () => Promise<T>): Promise<T> {
  const end = performance.now() + ensure_limit_ms
  for (;;) {
    try {
      return await action()
    } catch (error) {
      if (performance.now() > end) throw new Problem('unavailable', 'the event bus has no leader', { cause: error })
      await pause(ensure_pause_ms)
    }
  }
}

/** Everything that the stream holds when the reading starts. */
async function* readAll(
  client: () => Promise<JetStreamClient>,
  manager: () => Promise<JetStreamManager>,
  name: StreamName,
): AsyncIterable<JsMsg> {
  const { state } = await (await manager()).streams.info(name)
  if (state.messages === 0) return
  const consumer = await (await client()).consumers.get(name, { deliver_policy: DeliverPolicy.All })
  const messages = await consumer.consume({ max_messages: 500, expires: read_expires_ms })
  for await (const message of messages) {
    yield message
    if (message.seq >= state.last_seq || message.info.pending === 0) break
  }
  await messages.close()
}
