import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream'
import type { KV } from '@nats-io/kv'
import type { SystemEvent } from '#sut/contracts/events.ts'
import type { Span } from '#sut/contracts/tracing.ts'
import type { StreamName } from './bus-streams.ts'
import type { Trace } from './trace.ts'

export interface BusMessage {
  readonly event: SystemEvent
  /** Number in the stream. */
  readonly sequence: number
  readonly redelivered: boolean
  /** What is done for this message alone belongs into its trace; undefined when that is not sampled. */
  readonly trace?: Trace | undefined
  ack(): void
  nak(): void
}

export interface ConsumeOptions {
  stream: StreamName
  /** Name of the consumer: all instances that use it share its messages. */
  durable: string
  /** Subject filter, e.g. `events.*.wallet.transferred`. */
  filter?: string
  /** Most messages that the handler gets at once. */
  batch: number
}

export interface Bus {
  /** To the stream EVENTS; resolves after the server's acknowledgement, else Problem('unavailable'). Idempotent by event.id. */
  publish(event: SystemEvent): Promise<void>
  /**
   * The same, for an event that came before: with a message id of its own, since the server takes one that it knows for a copy. Its number
   * in the stream; that of the first, when the id came twice.
   */
  publishAgain(event: SystemEvent, message_id: string): Promise<number>
  /** To the stream LOG: true when this call wrote it, false when the log had the event already. */
  record(event: SystemEvent): Promise<boolean>
  /**
   * Hands over messages until the signal aborts; the consumer is created again when it dies. What the handler does not
   * acknowledge comes again; what it leaves when it throws comes again after a short back-off.
   */
  consume(
    options: ConsumeOptions,
    handler: (messages: readonly BusMessage[]) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void>
  /** Messages that the durable consumer has not acknowledged yet. */
  behind(stream: StreamName, durable: string): Promise<number>
  /** Everything that the stream holds now, oldest first. */
  read(stream: StreamName): AsyncIterable<{ event: SystemEvent; sequence: number }>
  kv(bucket: string): Promise<KV>
  /** To the stream TRACES, as one message. */
  sendSpans(spans: readonly Span[]): Promise<void>
  /** What the stream TRACES holds now. */
  spans(): AsyncIterable<Span>
  readonly streams: {
    /** Idempotent. */
    ensure(name: StreamName): Promise<void>
    manager(): Promise<JetStreamManager>
    client(): Promise<JetStreamClient>
  }
  end(): Promise<void>
}
