import type { Clock } from '#lib/clock.ts'

/** What `GET /load` answers: cheap, for an autoscaler that asks every few seconds. */
export interface Load {
  /** Requests that have ended since the start of the process. */
  requests_total: number
  in_flight: number
  /** Requests, and database queries, that wait for something inside this process. */
  queue_depth: number
  /** Over about the last ten seconds; 0 without requests. */
  latency_p95_ms: number
  cpu_seconds_total: number
  resident_bytes: number
}

export interface LoadMeter {
  /** Call at the start of a request; call what it returns once at its end. */
  begin(): () => void
  read(): Load
}

const window_ms = 10_000
const most_samples = 2000

/** `waiting` adds what queues elsewhere in the process, e.g. for a database connection. */
export function loadMeter(clock: Clock, waiting: () => number): LoadMeter {
  let requests_total = 0
  let in_flight = 0
  // A ring of the last requests: [end, duration], bounded by most_samples.
  const samples: { end_ms: number; duration_ms: number }[] = []
  let next = 0

  return {
    begin: () => {
      const start_ms = clock.monotonic_ms()
      in_flight++
      return () => {
        const end_ms = clock.monotonic_ms()
        in_flight--
        requests_total++
        samples[next] = { end_ms, duration_ms: end_ms - start_ms }
        next = (next + 1) % most_samples
      }
    },
    read: () => {
      const since_ms = clock.monotonic_ms() - window_ms
      const recent = samples.filter(({ end_ms }) => end_ms >= since_ms).map(({ duration_ms }) => duration_ms)
      recent.sort((one, other) => one - other)
      const { user, system } = process.cpuUsage()
      return {
        requests_total,
        in_flight,
        queue_depth: in_flight + waiting(),
        latency_p95_ms: recent[Math.ceil(recent.length * 0.95) - 1] ?? 0,
        cpu_seconds_total: (user + system) / 1e6,
        resident_bytes: process.memoryUsage.rss(),
      }
    },
  }
}
