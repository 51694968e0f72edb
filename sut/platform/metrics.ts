import type { Counter, Gauge, Histogram, Registry } from 'prom-client'

export interface Metrics {
  readonly registry: Registry
  counter(name: string, help: string, labels?: readonly string[]): Counter
  gauge(name: string, help: string, labels?: readonly string[]): Gauge
  /** A gauge without labels of its own that is read when the page is. */
  level(name: string, help: string, read: () => number): void
  /** Buckets in seconds, from 1 ms to 10 s when none are given. */
  histogram(name: string, help: string, labels?: readonly string[], buckets?: readonly number[]): Histogram
}
