import { ended, type Evidence, type Operation } from '../checks/evidence.ts'
import type { RunRecord } from '../record/record.ts'
import { accessesOf, type Accesses } from './accesses.ts'
import { platformOf, type Platform } from './platform.ts'
import { ratesOf, type Rates } from './rates.ts'
import { sessionsOf, type Sessions } from './sessions.ts'

/** What the reasons of refusals are looked for in. */
export interface Scene {
  record: RunRecord
  evidence: Evidence
  platform: Platform
  sessions: Sessions
  accesses: Accesses
  rates: Rates
  /** By player, those of these kinds. */
  byPlayer: ReadonlyMap<string, readonly Operation[]>
  logins: ReadonlyMap<string, Operation>
  /** Operations of which the client sent more than one request, by id. */
  sentAgain: ReadonlySet<string>
}

/** null: there was a reason; else what a reason would have been. */
export type Reason = (operation: Operation, scene: Scene) => string | null

export function sceneOf(record: RunRecord, evidence: Evidence): Scene {
  return {
    record,
    evidence,
    platform: platformOf(record.run.settings),
    sessions: sessionsOf(record.state, evidence),
    accesses: accessesOf(evidence),
    rates: ratesOf(evidence),
    byPlayer: Map.groupBy(
      evidence.operations.filter(({ kind }) => remembered.has(kind)),
      ({ player_id }) => player_id,
    ),
    sentAgain: new Set(record.operations.filter(({ attempts }) => attempts > 1).map(({ id }) => id)),
    logins: new Map(evidence.operations.map((operation) => [operation.id, operation])),
  }
}

const remembered: ReadonlySet<string> = new Set([
  'open_session',
  'self_exclude',
  'set_limits',
  'logout',
  'refresh',
  'register',
  'reality_check',
])

/** An operation may have been done before an instant: it was asked, and was not refused. */
export const mayHaveHappened = (operation: Operation, before_ms: number): boolean =>
  operation.invoke.at_ms <= before_ms && !ended(operation, 'fail')

export const endOf = ({ end }: Operation): number => end?.at_ms ?? Infinity

export const when = (holds: boolean, otherwise: string): string | null => (holds ? null : otherwise)

export const ofPlayer = ({ player_id }: Operation, kind: string, scene: Scene): readonly Operation[] =>
  (scene.byPlayer.get(player_id) ?? []).filter((other) => other.kind === kind)
