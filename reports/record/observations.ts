import { type LineWriter, openLines } from '#lib/json-lines.ts'
import type { Clock } from '#lib/clock.ts'
import type { ObservationLine } from './format.ts'

export type EventLine = Extract<ObservationLine, { kind: 'event' }>
export type ScalingLine = Extract<ObservationLine, { kind: 'scaling' }>

/** What happens to the system, in order: kept in a file for people, and in memory for whoever asks later. */
export interface Observations {
  event(event: string, subject: string, more?: Pick<EventLine, 'service' | 'region' | 'detail'>): void
  scaling(line: Omit<ScalingLine, 'kind' | 'at_ms'>): void
  /** From the first line on, then as they come, until the signal aborts. */
  follow(signal: AbortSignal): AsyncGenerator<EventLine | ScalingLine>
}

/** Older lines are forgotten in memory (the file has them): a system that lives for days must not grow. */
const kept_max = 50_000

/** `path`: null keeps them in memory alone. */
export function openObservations(path: string | null, clock: Clock): Observations {
  const file: LineWriter | null = path === null ? null : openLines(path)
  const kept: (EventLine | ScalingLine)[] = []
  let dropped = 0
  let wake = Promise.withResolvers<void>()
  const add = (line: EventLine | ScalingLine): void => {
    kept.push(line)
    if (kept.length > kept_max) dropped += kept.splice(0, kept.length - kept_max).length
    file?.append(line)
    wake.resolve()
    wake = Promise.withResolvers<void>()
  }
  return {
    event: (event, subject, more = {}) => add({ kind: 'event', at_ms: clock.wall_ms(), event, subject, ...more }),
    scaling: (line) => add({ kind: 'scaling', at_ms: clock.wall_ms(), ...line }),
    async *follow(signal) {
      const aborted = Promise.withResolvers<void>()
      signal.addEventListener('abort', () => aborted.resolve(), { once: true })
      for (let next = 0; !signal.aborted;) {
        const line = kept[Math.max(0, next - dropped)]
        if (line === undefined) {
          await Promise.race([wake.promise, aborted.promise])
        } else {
          next = Math.max(next, dropped) + 1
          yield line
        }
      }
    },
  }
}
