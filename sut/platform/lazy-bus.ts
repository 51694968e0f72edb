import type { Bus } from './bus.ts'

/** A bus whose code is loaded at its first use: a service without events starts faster for that. */
export function lazyBus(load: () => Promise<Bus>): Bus {
  let loading: Promise<Bus> | undefined
  const bus = (): Promise<Bus> => (loading ??= load())
  return {
    publish: async (event) => (await bus()).publish(event),
    publishAgain: async (event, message_id) => (await bus()).publishAgain(event, message_id),
    record: async (event) => (await bus()).record(event),
    consume: async (options, handler, signal) => (await bus()).consume(options, handler, signal),
    behind: async (stream, durable) => (await bus()).behind(stream, durable),
    async *read(stream) {
      yield* (await bus()).read(stream)
    },
    kv: async (bucket) => (await bus()).kv(bucket),
    sendSpans: async (spans) => (await bus()).sendSpans(spans),
    async *spans() {
      yield* (await bus()).spans()
    },
    streams: {
      ensure: async (name) => (await bus()).streams.ensure(name),
      manager: async () => (await bus()).streams.manager(),
      client: async () => (await bus()).streams.client(),
    },
    end: async () => (await loading)?.end(),
  }
}
