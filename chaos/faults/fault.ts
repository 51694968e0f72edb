import type { TSchema } from 'typebox'
import type { Random } from '#lib/random.ts'
import type { ObservationLine, UndoAction } from '#reports/record/format.ts'
import type { SystemDescriptor } from '#sut/contracts/descriptor.ts'
import type { Capability, FaultPort, LinkSelector } from '../targets/target.ts'

// One fault is one file with one exported object, and one line in registry.ts:
//
//   plan (pure: which instances or links)  →  [journal: planned, with undo]  →  inject  →  [armed]
//        →  verify (it bites)  →  [effective: the recovery clock starts]  →  hold  →  revert  →  [reverted]
//
//   hold: again and again what joined → [joined: its undo] → spread, and proof → [proved], or [lost]: it did not bite any more
export interface Fault<Parameters = Record<string, unknown>> {
  readonly name: string
  readonly title: string
  /** TypeBox schema of the parameters, with defaults and descriptions: validation and reference come from it. */
  readonly parameters: TSchema
  readonly needs: readonly Capability[]
  /** What the schema cannot know: services, links and regions that this system does not have, one sentence each. */
  check?(parameters: Parameters, system: SystemDescriptor): string[]
  /** Links that must carry a proxy before the system starts. */
  links(parameters: Parameters): LinkSelector[]
  plan(parameters: Parameters, context: PlanContext): Promise<FaultPlan>
  inject(plan: FaultPlan, port: FaultPort): Promise<void>
  /** Waits until the fault is seen to bite, and says how; throws FAULT_NOT_EFFECTIVE at its limit. */
  verify(plan: FaultPlan, port: FaultPort): Promise<string>
  revert(plan: FaultPlan, port: FaultPort): Promise<void>
  /** Of a fault that lasts; none: it is over once it has bitten (a kill), and there is nothing to be watched. */
  readonly held?: HeldFault
}

/** How a fault is watched for as long as it is held. Cheap: it is asked every few seconds, beside the load. */
export interface HeldFault {
  /** Sees once more that it bites, and says how; throws FAULT_NOT_EFFECTIVE when it does not, or whatever kept it from seeing. */
  prove(plan: FaultPlan, port: FaultPort): Promise<string>
  /** What the fault must cover and does not yet, because it came since: with its undo. Changes nothing. */
  joined?(plan: FaultPlan, port: FaultPort): Promise<Pick<FaultPlan, 'targets' | 'undo'>>
  /** Covers these targets, which are in the plan by now, and their undo on disk. */
  spread?(targets: readonly string[], plan: FaultPlan, port: FaultPort): Promise<void>
}

export interface PlanContext {
  /** Seeded: the same run seed and trial choose the same targets. */
  random: Random
  sample: Extract<ObservationLine, { kind: 'sample' }>
  port: FaultPort
  system: SystemDescriptor
}

/** Plain data: it goes to the journal as it is. */
export interface FaultPlan {
  targets: string[]
  undo: UndoAction[]
  /** For inject, verify and revert of the same fault. */
  details: Record<string, unknown>
}
