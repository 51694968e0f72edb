import type { SystemDescriptor } from '#sut/contracts/descriptor.ts'
import type { Experiment } from '../experiments/experiment.ts'
import type { Fault } from '../faults/fault.ts'
import type { Target } from '../targets/target.ts'

/** Everything that a run can name. The engine gets it from outside: it knows no service, no journey and no target itself. */
export interface Catalogue {
  experiments: Readonly<Record<string, Experiment>>
  faults: Readonly<Record<string, Fault>>
  journeys: readonly string[]
  profiles: readonly string[]
  designs: readonly string[]
  /** What `expectations.exercised` can name. */
  dangers: readonly string[]
  targets: Readonly<Record<string, Target>>
  /** The system of a design: which processes it has, and which links. */
  systemOf(design: string): SystemDescriptor
}
