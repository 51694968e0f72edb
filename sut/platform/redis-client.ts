import { Redis } from 'ioredis'
import type { ServiceConfig } from './config.ts'
import type { DiscoveryWatch } from './discovery.ts'
import { currentTrace, isSampled } from './trace.ts'
import { noTracer, type Tracer } from './tracer.ts'

const command_timeout_ms = 300

/**
 * A client that asks Sentinel where the writable server is, and follows a fail-over by itself. Redis holds what may be lost:
 * so no command waits in a queue while it is away, and none waits longer than command_timeout_ms.
 */
export function redisClient(
  config: Pick<ServiceConfig, 'redis'>,
  discovery: Pick<DiscoveryWatch, 'current'>,
  report: (error: Error) => void,
  tracer: Tracer = noTracer,
): Redis {
  const { redis } = discovery.current()
  const client = new Redis({
    sentinels: redis.sentinels,
    name: redis.group,
    // Sentinels know the same users.
    ...(config.redis !== undefined && {
      username: config.redis.user,
      password: config.redis.password,
      sentinelUsername: config.redis.user,
      sentinelPassword: config.redis.password,
    }),
    // Both ask for what a service may not: INFO of the whole server. One that still loads refuses each command, as one that is away.
    enableReadyCheck: false,
    disableClientInfo: true,
    // Sentinel names the servers' own addresses; where a link carries a proxy, the way leads through that.
    natMap: redis.addresses,
    enableOfflineQueue: false,
    commandTimeout: command_timeout_ms,
    connectTimeout: 1000,
    maxRetriesPerRequest: 0,
    sentinelRetryStrategy: (times) => Math.min(100 * times, 1000),
    retryStrategy: (times) => Math.min(100 * times, 1000),
    // A demoted server refuses writes: leave it and ask Sentinel again.
    reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 2 : false),
    failoverDetector: true,
  })
  client.on('error', report)
  traceCommands(client, tracer)
  return client
}

/** Every command goes through here. Its name is all that is told: keys hold names of players, values what is nobody's business. */
function traceCommands(client: Redis, tracer: Tracer): void {
  const send = client.sendCommand.bind(client)
  client.sendCommand = (command, stream) => {
    if (!isSampled(currentTrace())) return send(command, stream)
    const operation = command.name.toUpperCase()
    const attributes = { 'db.system.name': 'redis', 'db.operation.name': operation }
    return tracer.span(
      () => ({ name: operation, kind: 'client', attributes }),
      async () => send(command, stream),
    )
  }
}
