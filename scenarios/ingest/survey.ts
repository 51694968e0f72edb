import type { InvokeLine, LoadLine } from '../k6/lines.ts'

/** What must be known of the whole load before its first line can be written: one pass over k6's output. */
export interface Survey {
  /** k6's zero of the schedule; null when there was no arrival. */
  start_at_ms: number | null
  /** By number of the arrival; NaN where nothing is known. */
  starts_ms: number[]
  /** Arrivals that came after the stop, and did nothing. */
  skipped: Set<number>
  /** Operations that began and never ended. */
  open: Map<string, InvokeLine>
  /** No line tells of anything longer before the newest thing told by then. */
  window_ms: number
  newest_ms: number
}

export function surveyor(): { add(line: LoadLine): void; result: Survey } {
  const result: Survey = {
    start_at_ms: null,
    starts_ms: [],
    skipped: new Set(),
    open: new Map(),
    window_ms: 0,
    newest_ms: -Infinity,
  }
  const arrived = (number: number, start_ms: number): void => {
    while (result.starts_ms.length < number) result.starts_ms.push(NaN)
    result.starts_ms[number] = start_ms
  }
  return {
    result,
    add(line) {
      if (line.t === 'start') {
        result.start_at_ms = line.at
        return
      }
      if (line.i !== undefined) arrived(line.i, line.s)
      if (line.t === 'skip') {
        result.skipped.add(line.i)
        return
      }
      if (line.t === 'invoke') result.open.set(line.o, line)
      else result.open.delete(line.o)
      result.newest_ms = Math.max(result.newest_ms, line.t === 'end' ? line.e : line.s)
      result.window_ms = Math.max(result.window_ms, result.newest_ms - line.s)
    },
  }
}
