import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Metrics } from './metrics.ts'

/** Seconds. Fine where a promise of 100–500 ms is judged. */
const default_buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
// Each reading wakes the process: every 20 ms that was a tenth of what an idle one costs.
const lag_resolution_ms = 100

/** A registry of this process with labels that every series carries. Asking for a known name gives the same metric. */
export function prometheusMetrics(labels: Record<string, string>): Metrics {
  const registry = new Registry()
  registry.setDefaultLabels(labels)
  watchEventLoop(registry)
  const known = <T>(name: string, make: () => T): T => (registry.getSingleMetric(name) as T | undefined) ?? make()
  return {
    registry,
    counter: (name, help, labelNames = []) =>
      known(name, () => new Counter({ name, help, labelNames: [...labelNames], registers: [registry] })),
    gauge: (name, help, labelNames = []) =>
      known(name, () => new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] })),
    level: (name, help, read) => {
      const gauge: Gauge = new Gauge({ name, help, registers: [registry], collect: () => gauge.set(read()) })
    },
    histogram: (name, help, labelNames = [], buckets = default_buckets) =>
      known(
        name,
        () => new Histogram({ name, help, labelNames: [...labelNames], buckets: [...buckets], registers: [registry] }),
      ),
  }
}

/** How late timers run, since the last reading: what makes every latency of a process worse. */
function watchEventLoop(registry: Registry): void {
  const delay = monitorEventLoopDelay({ resolution: lag_resolution_ms })
  delay.enable()
  const lag = new Gauge({
    name: 'event_loop_lag_p99_seconds',
    help: 'Lateness of timers since the last scrape',
    registers: [registry],
    collect: () => {
      const late_ms = delay.percentile(99) / 1e6 - lag_resolution_ms
      lag.set(Math.max(0, late_ms) / 1000)
      delay.reset()
    },
  })
}
