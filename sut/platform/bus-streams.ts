import type { StreamConfig } from '@nats-io/jetstream'
import { eventStream, logStream } from '#sut/contracts/events.ts'
import { traceStream } from '#sut/contracts/tracing.ts'

const nanoseconds_per_ms = 1_000_000
const duplicate_window_ms = 120_000
/** Some fifty thousand spans: the traces of hours at the share that is the default. */
const trace_bytes_max = 32 * 2 ** 20

// The values of the enums of @nats-io/jetstream, spelled out so that this file loads nothing.
const common = { storage: 'file', retention: 'limits' } as unknown as Pick<StreamConfig, 'storage' | 'retention'>
const inMemory = { storage: 'memory', retention: 'limits' } as unknown as typeof common

export const streamSettings = {
  [eventStream]: {
    ...common,
    name: eventStream,
    subjects: ['events.>'],
    // A relay that was killed between publish and mark publishes again; within the window the server drops it.
    duplicate_window: duplicate_window_ms * nanoseconds_per_ms,
  },
  [logStream]: {
    ...common,
    name: logStream,
    subjects: ['log.>'],
    // Every event once, without a window: the subject holds one message and a second one is refused.
    max_msgs_per_subject: 1,
    discard: 'new',
    discard_new_per_subject: true,
    duplicate_window: duplicate_window_ms * nanoseconds_per_ms,
  },
  [traceStream]: {
    // In memory, since traces may be lost; bounded, since systems live for days.
    ...inMemory,
    name: traceStream,
    subjects: ['traces.*'],
    discard: 'old',
    max_bytes: trace_bytes_max,
    duplicate_window: duplicate_window_ms * nanoseconds_per_ms,
  },
} as const satisfies Record<string, Partial<StreamConfig>>

export type StreamName = keyof typeof streamSettings

export const logSubjectOf = (event: { id: string }): string => `log.${event.id}`

/** Where the answers come that a user asks for: nobody else may listen there. */
export const inboxOf = (user: string): string => `_INBOX.${user}`

/** Three copies where there are three servers; one where a test has one. */
export const replicasFor = (servers: number): number => (servers >= 3 ? 3 : 1)
