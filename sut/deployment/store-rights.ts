import type { ServiceName } from '#sut/contracts/descriptor.ts'
import { eventStream, eventTypes, logStream, shardCount, type EventType } from '#sut/contracts/events.ts'
import { traceStream } from '#sut/contracts/tracing.ts'
import type { StreamName } from '#sut/platform/bus-streams.ts'

// What each service may do in Redis and NATS. All else is refused there, on every target: redis-users.ts and nats-users.ts make the
// users of the servers out of this table. (In PostgreSQL each service has a database and enters no other one: store-settings.ts; what it
// may do there: sut/platform/database-rights.ts.)
export interface StoreRights {
  redis?: RedisRights
  nats?: NatsRights
}

export interface RedisRights {
  /** Patterns of the keys that it sees. */
  keys: readonly string[]
  commands: readonly string[]
}

export interface NatsRights {
  /** To the stream EVENTS. */
  publishes?: readonly EventType[]
  /** Makes these streams where they are missing. */
  creates?: readonly StreamName[]
  /** Durable consumers of EVENTS: takes their messages and asks how far they are. */
  consumes?: readonly { durable: string; filter?: string }[]
  /** Asks how far all consumers of EVENTS are. */
  surveys?: true
  /** Adds to LOG and reads all of it. */
  keepsLog?: true
  /** Adds its own spans to TRACES; `reads`: all of them. */
  spans?: 'sends' | 'reads'
  /** Key-value buckets of its own; `lists`: looks which keys there are. */
  buckets?: readonly { name: string; lists?: true }[]
}

export const storeRights: Record<ServiceName, StoreRights> = {
  gateway: {
    redis: { keys: ['nonce:*', 'rate:*'], commands: ['get', 'set', 'incrby', 'pexpire'] },
    nats: { spans: 'sends' },
  },
  identity: {
    nats: {
      publishes: [
        'identity.player_registered',
        'identity.logged_in',
        'identity.login_locked',
        'identity.logged_out',
        'player.suspended',
        'player.reinstated',
      ],
      spans: 'sends',
    },
  },
  session: {
    nats: {
      publishes: ['session.opened', 'limit.changed', 'player.excluded'],
      creates: [eventStream],
      consumes: [{ durable: 'session', filter: 'events.*.game.round_ended' }],
      spans: 'sends',
    },
  },
  game: { nats: { publishes: ['game.round_ended'], spans: 'sends' } },
  wallet: {
    nats: {
      publishes: [
        'wallet.transferred',
        'wallet.hold_placed',
        'wallet.hold_captured',
        'wallet.hold_released',
        'wallet.hold_expired',
      ],
      spans: 'sends',
    },
  },
  catalog: { redis: { keys: ['cache:game:*', 'cache:games:*'], commands: ['get', 'set'] }, nats: { spans: 'sends' } },
  telemetry: {
    nats: {
      // A dead letter, of whatever service, is sent again once it is understood.
      publishes: eventTypes,
      creates: [eventStream, logStream, traceStream],
      consumes: [{ durable: 'telemetry' }, { durable: 'audit' }],
      // A dead letter is kept until all have taken it.
      surveys: true,
      keepsLog: true,
      spans: 'reads',
      buckets: [{ name: 'log-invalid', lists: true }],
    },
  },
  analytics: {
    nats: {
      creates: [eventStream],
      consumes: Array.from({ length: shardCount }, (_, shard) => ({
        durable: `analytics-${shard}`,
        filter: `events.${shard}.>`,
      })),
      surveys: true,
      spans: 'sends',
      buckets: [{ name: 'analytics' }],
    },
  },
}
