/** Time is handed in, so that tests and replays own it. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch, with fractions: the only clock that several processes share. */
  wall_ms(): number
  /** Monotonic, milliseconds from an arbitrary start: for durations inside one process. */
  monotonic_ms(): number
}

export const systemClock: Clock = {
  wall_ms: () => performance.timeOrigin + performance.now(),
  monotonic_ms: () => performance.now(),
}
