import { certificateRotation } from './certificate-rotation.ts'
import type { Fault } from './fault.ts'
import { linkDown } from './link-down.ts'
import { linkLatency } from './link-latency.ts'
import { nodePause } from './node-pause.ts'
import { podDelete } from './pod-delete.ts'
import { podKill } from './pod-kill.ts'
import { processKill } from './process-kill.ts'
import { processOutage } from './process-outage.ts'
import { regionOutage } from './region-outage.ts'
import { unfinishedRequests } from './unfinished-requests.ts'

export const faults: Record<string, Fault> = Object.fromEntries(
  [
    processKill,
    processOutage,
    podKill,
    podDelete,
    linkLatency,
    linkDown,
    regionOutage,
    nodePause,
    certificateRotation,
    unfinishedRequests,
  ].map((fault) => [fault.name, fault as Fault]),
)
