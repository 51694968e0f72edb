import type { Clock } from '#lib/clock.ts'
import type { Metrics } from './metrics.ts'

/** What `GET /load` answers: cheap, for an autoscaler that asks every few seconds. */
export interface Load {
  /** Requests that have ended since the start of the process. */
  requests_total: number
  in_flight: number
  /** Requests, and database queries, that wait for something inside this process. */
  queue_depth: number
  /** Over about the last ten seconds; 0 with so few requests that one late one would be the tail. */
  latency_p95_ms: number
  /** Requests that ended over about the last five seconds, per second. */
  requests_per_s: number
  /** CPU time that the process has used since its start. */
  cpu_ms: number
  resident_bytes: number
}

export interface LoadMeter {
  /** Call at the start of a request; call what it returns once at its end. */
  begin(): () => void
  read(): Load
}

const latency_window_ms = 10_000
const most_samples = 2000
/** Of fewer requests the largest twentieth is one, and says nothing of the others. */
const tail_of_least = 20
const rate_window_ms = 5000

/** `waiting` adds what queues elsewhere in the process, e.g. for a database connection. */
export function loadMeter(clock: Clock, waiting: () => number): LoadMeter {
  let requests_total = 0
  let in_flight = 0
  // A ring of the last requests: [end, duration], bounded by most_samples.
  const samples: { end_ms: number; duration_ms: number }[] = []
  let next = 0
  const born_ms = clock.monotonic_ms()

  /** Of a busy process the ring holds less than the window; a young one has not lived for so long. */
  const rate = (now_ms: number): number => {
    const oldest_ms = samples.length === most_samples ? samples[next]!.end_ms : born_ms
    const window_ms = Math.min(rate_window_ms, Math.max(1000, now_ms - oldest_ms))
    return samples.filter(({ end_ms }) => end_ms >= now_ms - window_ms).length / (window_ms / 1000)
  }

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
      const now_ms = clock.monotonic_ms()
      const since_ms = now_ms - latency_window_ms
      const recent = samples.filter(({ end_ms }) => end_ms >= since_ms).map(({ duration_ms }) => duration_ms)
      recent.sort((one, other) => one - other)
      const { user, system } = process.cpuUsage()
      return {
        requests_total,
        in_flight,
        queue_depth: in_flight + waiting(),
        latency_p95_ms: recent.length < tail_of_least ? 0 : recent[Math.ceil(recent.length * 0.95) - 1]!,
        requests_per_s: rate(now_ms),
        cpu_ms: (user + system) / 1000,
        resident_bytes: process.memoryUsage.rss(),
      }
    },
  }
}

/** The same levels on the metrics page, for an autoscaler that reads it: one series each, whatever labels it has. */
export function loadGauges(metrics: Metrics, meter: LoadMeter): void {
  const gauges = {
    load_requests_per_second: ['Requests that ended over the last seconds', 'requests_per_s'],
    load_latency_p95_milliseconds: ['Tail of the last ten seconds, 0 of few requests', 'latency_p95_ms'],
    load_queue_depth: ['Requests under way and queries that wait', 'queue_depth'],
  } as const satisfies Record<string, [string, keyof Load]>
  for (const [name, [help, field]] of Object.entries(gauges)) metrics.level(name, help, () => meter.read()[field])
}
