import type { Fault } from './fault.ts'
import { linkDown } from './link-down.ts'
import { linkLatency } from './link-latency.ts'
import { processKill } from './process-kill.ts'
import { regionOutage } from './region-outage.ts'

export const faults: Record<string, Fault> = Object.fromEntries(
  [processKill as Fault, linkLatency as Fault, linkDown as Fault, regionOutage as Fault].map((fault) => [
    fault.name,
    fault,
  ]),
)
