import {
  AckPolicy,
  DeliverPolicy,
  type Consumer,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
} from '@nats-io/jetstream'
import { pause } from '#lib/wait.ts'
import type { SystemEvent } from '#sut/contracts/events.ts'
import type { BusMessage, ConsumeOptions } from './bus.ts'
import { processSpan, traceHeader } from './nats-spans.ts'
import { childOf, hopIn, isSampled, withTrace } from './trace.ts'
import type { OpenSpan, Tracer } from './tracer.ts'

const nanoseconds_per_ms = 1_000_000
const ack_wait_ms = 10_000
/**
 * A pull ends after this, or with a full batch: so a trickle is handled once a second (the least that the client takes), in
 * one batch. Ending a pull earlier from this side would leave messages under way that come again only after ack_wait.
 */
const pull_expires_ms = 1000
const back_off_ms = { first: 200, most: 3000 }

export interface ConsumerPorts {
  client: () => Promise<JetStreamClient>
  manager: () => Promise<JetStreamManager>
  replicas: () => number
  report: (error: unknown, text: string) => void
  tracer: Tracer
}

/** Creates the durable consumer where it is missing; idempotent. */
async function ensureConsumer(
  { manager, client, replicas }: ConsumerPorts,
  options: ConsumeOptions,
): Promise<Consumer> {
  const { consumers } = await manager()
  await consumers.add(options.stream, {
    durable_name: options.durable,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    ack_wait: ack_wait_ms * nanoseconds_per_ms,
    max_ack_pending: options.batch * 8,
    num_replicas: replicas(),
    // Who consumes recognises what it has seen, so a lost position costs a redelivery: it need not be on disk.
    mem_storage: true,
    ...(options.filter === undefined ? {} : { filter_subject: options.filter }),
  })
  return (await client()).consumers.get(options.stream, options.durable)
}

/**
 *   ensure consumer ─► pull a batch ─► handler ─► (again)
 *         ▲                │ error, or the handler threw: what was not acknowledged is given back
 *         └── back-off ◄───┘
 *
 * Pulls by hand instead of a standing subscription: a pull that fails is seen at once, and nothing is fetched that the
 * handler has no room for. Resolves when the signal aborts.
 */
export async function consumeForever(
  ports: ConsumerPorts,
  options: ConsumeOptions,
  handler: (messages: readonly BusMessage[]) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  let wait_ms = back_off_ms.first
  while (!signal.aborted) {
    try {
      const consumer = await ensureConsumer(ports, options)
      while (!signal.aborted) {
        const messages = await pull(consumer, options.batch, signal)
        if (messages.length > 0)
          await handle(messages, handler, (message) => spanOf(message, messages.length, ports.tracer, options))
        wait_ms = back_off_ms.first
      }
    } catch (error) {
      if (signal.aborted) return
      ports.report(error, `consumer ${options.durable} of ${options.stream} starts again`)
      await pause(wait_ms, signal).catch(() => {})
      wait_ms = Math.min(wait_ms * 2, back_off_ms.most)
    }
  }
}

async function pull(consumer: Consumer, batch: number, signal: AbortSignal): Promise<JsMsg[]> {
  const fetched = await consumer.fetch({ max_messages: batch, expires: pull_expires_ms })
  const stop = (): void => void fetched.close()
  signal.addEventListener('abort', stop, { once: true })
  const messages: JsMsg[] = []
  try {
    for await (const message of fetched) messages.push(message)
  } finally {
    signal.removeEventListener('abort', stop)
  }
  return messages
}

/** Null for a message that is not traced. */
function spanOf(message: JsMsg, together: number, tracer: Tracer, options: ConsumeOptions): OpenSpan | null {
  const sent = message.headers === undefined ? undefined : hopIn(message.headers.get(traceHeader))
  if (!isSampled(sent)) return null
  return tracer.open(childOf(sent), processSpan(options.stream, options.durable, together))
}

/**
 * Each traced message has a span, until it is settled. What a handler does for the whole batch is shown in the trace of the first of
 * them; what it does for one message it does in the trace of that one.
 */
async function handle(
  raw: readonly JsMsg[],
  handler: (messages: readonly BusMessage[]) => Promise<void>,
  begin: (message: JsMsg) => OpenSpan | null,
): Promise<void> {
  const settled = new Set<JsMsg>()
  const spans = new Map<JsMsg, OpenSpan>()
  const settle = (message: JsMsg, answer: () => void): void => {
    settled.add(message)
    answer()
    spans.get(message)?.end()
  }
  const messages = raw.map((message): BusMessage => {
    const span = begin(message)
    if (span !== null) spans.set(message, span)
    return {
      event: parse(message),
      sequence: message.seq,
      redelivered: message.redelivered,
      trace: span?.trace,
      ack: () => settle(message, () => message.ack()),
      nak: () => settle(message, () => message.nak()),
    }
  })
  const [first] = spans.values()
  try {
    if (first === undefined) await handler(messages)
    else await withTrace(first.trace, () => handler(messages))
  } catch (error) {
    for (const span of spans.values()) span.end(error)
    for (const message of raw) if (!settled.has(message)) message.nak(back_off_ms.first)
    throw error
  } finally {
    for (const span of spans.values()) span.end()
  }
}

/** What is not JSON is handed on as text: the handler's validation refuses it and keeps it aside. */
function parse(message: JsMsg): SystemEvent {
  try {
    return message.json<SystemEvent>()
  } catch {
    return message.string() as unknown as SystemEvent
  }
}
