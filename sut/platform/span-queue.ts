import type { Counter } from 'prom-client'
import type { Span } from '#sut/contracts/tracing.ts'

/** Takes batches away; resolves when they are there, rejects when they are lost. */
export interface SpanLane {
  add(span: Span): void
  waiting(): number
  /** Sends what waits. */
  flush(): Promise<void>
}

export interface SpanQueue {
  add(span: Span): void
  /** Spans that are not where they should be yet, and will be or will be given up soon. */
  waiting(): number
  close(): Promise<void>
}

/** Until the code of the exporters is there; some two hundred operations' worth. */
export const queue_max = 2048

/**
 * Finished spans on their way out. The exporters are loaded by the first one: a service start does not pay for them. What has no
 * room is dropped and counted; nobody ever waits for it.
 */
export function spanQueue(load: () => Promise<readonly SpanLane[]>, dropped: Counter): SpanQueue {
  let early: Span[] = []
  let lanes: readonly SpanLane[] | undefined
  let loading: Promise<void> | undefined

  const start = async (): Promise<void> => {
    const loaded = await load()
    const waited = early
    early = []
    lanes = loaded
    for (const span of waited) for (const lane of loaded) lane.add(span)
  }
  const failed = (): void => {
    dropped.inc({ reason: 'export' }, early.length)
    early = []
    lanes = []
  }

  return {
    add(span) {
      if (lanes !== undefined) {
        for (const lane of lanes) lane.add(span)
        return
      }
      if (early.length >= queue_max) {
        dropped.inc({ reason: 'queue' })
        return
      }
      early.push(span)
      loading ??= start().catch(failed)
    },
    waiting: () => early.length + (lanes?.[0]?.waiting() ?? 0),
    async close() {
      await loading
      await Promise.all((lanes ?? []).map((lane) => lane.flush()))
    },
  }
}
