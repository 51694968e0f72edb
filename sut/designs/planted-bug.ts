import type { Clock } from '#lib/clock.ts'
import type { ServiceName } from '#sut/contracts/descriptor.ts'
import type { Parts } from './parts.ts'

/**
 * ran: the planted code was executed. reached: it made a difference, it did what the standard would not have done. A bug that ran and was
 * never reached says nothing of the checks: the load did not bring about what it needs.
 */
export type Mark = (what: 'ran' | 'reached') => void

/** What a replacement can use of the instance that it runs in. */
export interface Tools {
  readonly clock: Clock
  readonly instance: string
  readonly region: string
  warn(text: string): void
  /** Of the database of the service. */
  query(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>
  /** As of the platform: work that still moves, a loop, something to be closed. */
  pending(name: string, read: () => number): void
  background(name: string, loop: (signal: AbortSignal) => Promise<void>): void
  onStop(name: string, close: () => Promise<void>): void
}

export type Replacements = {
  readonly [Name in keyof Parts]?: (standard: Parts[Name], mark: Mark, tools: Tools) => Parts[Name]
}

/** A control of the harness: a system with it must fail, by what is meant to catch it, in the experiment that is meant for it. */
export interface PlantedBug {
  readonly name: string
  readonly title: string
  readonly description: string
  /** Name of the check that must catch it, or of what its experiment expects (`service level`), when nothing is wrong but the service. */
  readonly caught_by: string
  /** Name of the experiment in which it must be caught. */
  readonly experiment: string
  readonly replaces: Replacements
  /** Runs once in the database of a service, after its migrations; see planted-sql.ts for what it can use. */
  readonly sql?: Partial<Record<ServiceName, string>>
}
