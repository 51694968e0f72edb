import { Failure } from '#lib/errors.ts'
import type { Topology } from '#sut/contracts/topology.ts'
import type { PlantedBug } from './planted-bug.ts'
import { plantedBugs } from './planted-bugs.ts'

// A design is either a choice that somebody may make in production, or a planted bug. Choices are read by whoever deploys the system;
// the code of services is the same in all of them. A planted bug takes the place of named parts (parts.ts) where services are wired.
export const standardChoices = {
  /** PostgreSQL's standby, set by the target: synchronous: no acknowledged commit is lost in a fail-over. */
  replication: 'synchronous' as 'synchronous' | 'asynchronous',
  /** Set by the target: services: processes of their own. monolith: one process a replica hosts them all, calls stay in it. */
  topology: 'services' as Topology,
}
export type Choices = typeof standardChoices

export interface Design {
  readonly name: string
  readonly title: string
  readonly description: string
  /** A planted bug must turn the verdict red: a control of the harness, not a choice for production. */
  readonly planted_bug: boolean
  readonly choices: Choices
}

const chosen: readonly Design[] = [
  {
    name: 'standard',
    title: 'The system as it should be',
    description: 'Idempotent transfers and rounds, answers after the commit, synchronous replication.',
    planted_bug: false,
    choices: standardChoices,
  },
  {
    name: 'async-replication',
    title: 'Asynchronous PostgreSQL replication',
    description:
      'Commits do not wait for the standby: quicker writes, and a fail-over loses what the standby had not received.',
    planted_bug: false,
    choices: { ...standardChoices, replication: 'asynchronous' },
  },
  {
    name: 'monolith',
    title: 'All services in one process',
    description:
      'One process a replica hosts all eight services, and calls between them go in process; stores, contracts and code are the same. A crash takes all of a replica, and it scales as a whole.',
    planted_bug: false,
    choices: { ...standardChoices, topology: 'monolith' },
  },
]

const planted = Object.values(plantedBugs).map(({ name, title, description }): Design => ({
  name,
  title: `Planted bug: ${title}`,
  description,
  planted_bug: true,
  choices: standardChoices,
}))

/** Every design by its name; 'standard' is the default. */
export const designs: Readonly<Record<string, Design>> = Object.fromEntries(
  [...chosen, ...planted].map((design) => [design.name, design]),
)

/** A planted bug in the services of a monolith. */
const hosted_prefix = 'monolith+'

/** What `--design` takes: every design, and each planted bug in a monolith. */
export const designNames: readonly string[] = [
  ...Object.keys(designs),
  ...Object.keys(plantedBugs).map((name) => `${hosted_prefix}${name}`),
]

/** The choices of a design; throws Failure UNKNOWN_DESIGN. */
export function choices(name: string): Choices {
  const design = plantedBugOf(name) !== undefined && name.startsWith(hosted_prefix) ? 'monolith' : name
  if (Object.hasOwn(designs, design)) return designs[design]!.choices
  throw new Failure('UNKNOWN_DESIGN', `there is no design '${name}', only ${Object.keys(designs).join(', ')}`)
}

/** The bug that is planted in a design, if there is one. */
export function plantedBugOf(name: string): PlantedBug | undefined {
  const bug = name.startsWith(hosted_prefix) ? name.slice(hosted_prefix.length) : name
  return Object.hasOwn(plantedBugs, bug) ? plantedBugs[bug] : undefined
}
