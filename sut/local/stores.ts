import { sentinelGroup } from '#sut/deployment/store-settings.ts'
import type { SystemContext } from './context.ts'
import type { StartGuard } from './start-guard.ts'
import type { StoreSurroundings } from './services/routing.ts'
import { type NatsStore, startNats } from './stores/nats.ts'
import { type PostgresStore, startPostgres } from './stores/postgres/store.ts'
import { type RedisStore, startRedis } from './stores/redis.ts'

export interface Stores {
  readonly postgres: PostgresStore
  readonly redis: RedisStore
  readonly nats: NatsStore
}

/** All at once: each spends most of its start waiting. */
export async function startStores(context: SystemContext, start: StartGuard): Promise<Stores> {
  const [postgres, redis, nats] = await Promise.all([
    startPostgres(context, start),
    startRedis(context, start),
    startNats(context, start),
  ])
  return { postgres, redis, nats }
}

export function surroundingsOf({ postgres, redis, nats }: Stores): StoreSurroundings {
  return {
    postgres: postgres.nodes,
    redis: redis.nodes,
    sentinels: redis.sentinels,
    sentinel_group: sentinelGroup,
    nats: nats.nodes,
  }
}
