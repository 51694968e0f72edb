import type { Clock } from '#lib/clock.ts'
import type { Observations } from '#reports/record/observations.ts'
import type { PortBlock } from './port-block.ts'
import type { Processes } from './processes.ts'
import type { StartRequest } from './request.ts'
import type { Secrets } from '#sut/deployment/secrets.ts'
import type { LocalSettings } from './settings.ts'

/** What every part of the daemon works with. */
export interface SystemContext {
  readonly request: StartRequest
  readonly folder: string
  readonly settings: LocalSettings
  readonly clock: Clock
  readonly ports: PortBlock
  readonly secrets: Secrets
  readonly processes: Processes
  readonly observe: Observations
  /** Aborted when the system ends: loops stop, nothing is restarted any more. */
  readonly ending: AbortSignal
}

export const host = '127.0.0.1'
