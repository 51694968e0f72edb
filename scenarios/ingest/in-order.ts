/**
 * Puts events into the order of their times, in bounded memory: nothing may come in more than `window_ms` older than the
 * newest event so far. Events of the same time keep the order in which they came.
 */
export function inOrder<Event extends { at_ms: number }>(
  window_ms: number,
  emit: (event: Event) => void,
): { add(event: Event): void; end(): void } {
  let waiting: Event[] = []
  let newest_ms = -Infinity
  let sortAt = 1024
  const flush = (until_ms: number): void => {
    waiting.sort((one, other) => one.at_ms - other.at_ms) // stable
    const rest = waiting.findIndex(({ at_ms }) => at_ms >= until_ms)
    const ready = rest === -1 ? waiting.splice(0) : waiting.splice(0, rest)
    for (const event of ready) emit(event)
    sortAt = Math.max(1024, waiting.length * 2)
  }
  return {
    add(event) {
      waiting.push(event)
      newest_ms = Math.max(newest_ms, event.at_ms)
      if (waiting.length >= sortAt) flush(newest_ms - window_ms)
    },
    end() {
      flush(Infinity)
      waiting = []
    },
  }
}
