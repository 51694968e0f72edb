import type { ConsumerInfo } from '@nats-io/jetstream'
import { eventStream, shardCount } from '#sut/contracts/events.ts'
import type { StateOf } from '#sut/contracts/state.ts'
import type { Bus } from '#sut/platform/bus.ts'

/** One durable consumer a shard, shared by all instances. */
export const durableOf = (shard: number): string => `analytics-${shard}`
export const filterOf = (shard: number): string => `events.${shard}.>`
export const shards: readonly number[] = Array.from({ length: shardCount }, (_, shard) => shard)

/** How far a shard's consumer is. */
export interface Progress {
  /** Messages that nobody has acknowledged yet. */
  behind: number
  /** Everything up to this sequence is acknowledged. */
  floor: number
}

/** How often each consumer of EVENTS, of whatever service, was handed an event. */
export async function* deliveryLines(bus: Bus): AsyncIterable<StateOf<'delivery'>> {
  const manager = await bus.streams.manager()
  for await (const { name, delivered } of manager.consumers.list(eventStream))
    yield { kind: 'delivery', consumer: name, deliveries: delivered.consumer_seq }
}

/** Progress of all shards in one request. A consumer that does not exist, or does not answer, has something to do. */
export async function progressOf(bus: Bus): Promise<Progress[]> {
  const manager = await bus.streams.manager()
  const found = new Map<string, ConsumerInfo>()
  for await (const info of manager.consumers.list(eventStream)) found.set(info.name, info)
  return shards.map((shard) => {
    const info = found.get(durableOf(shard))
    if (info === undefined) return { behind: 1, floor: 0 }
    return { behind: info.num_pending + info.num_ack_pending, floor: info.ack_floor.stream_seq }
  })
}
