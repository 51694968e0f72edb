import { Failure } from '#lib/errors.ts'
import type { Topology } from '#sut/contracts/topology.ts'

// A design picks, at start-up, between implementations of named parts. Services read `choices(platform.design)` and take the
// implementation from a map where they are wired; no service asks which design it runs under.
export const standardChoices = {
  /** unique-key: a request that comes twice is applied once. off: nobody looks at the key. */
  idempotency: 'unique-key' as 'unique-key' | 'off',
  /** after-commit: the wallet answers what is on disk. before-commit: it answers from memory and writes later. */
  acknowledge: 'after-commit' as 'after-commit' | 'before-commit',
  /** promised: a round is drawn with the seed whose hash the player was shown. swapped: with another one. */
  fairness: 'promised' as 'promised' | 'swapped',
  /** every: the rounds of a seed have the nonces 0, 1, 2 … burned: some nonces are drawn with and thrown away. */
  nonces: 'every' as 'every' | 'burned',
  /** returned: the money of a hold that was released is available again. kept: it stays aside. */
  released: 'returned' as 'returned' | 'kept',
  /** PostgreSQL's standby, set by the target: synchronous: no acknowledged commit is lost in a fail-over. */
  replication: 'synchronous' as 'synchronous' | 'asynchronous',
  /** every: each event that must be in the audit trail gets there. skips: some are taken and not kept. */
  audit: 'every' as 'every' | 'skips',
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

const all: readonly Design[] = [
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
  {
    name: 'idempotency-off',
    title: 'Planted bug: no idempotency',
    description:
      'Wallet and game ignore the idempotency key: a deposit, bet, win or spin that is sent again is applied again.',
    planted_bug: true,
    choices: { ...standardChoices, idempotency: 'off' },
  },
  {
    name: 'ack-before-commit',
    title: 'Planted bug: the wallet answers before it commits',
    description: 'A write-behind cache in the wallet: a kill between answer and write loses acknowledged money.',
    planted_bug: true,
    choices: { ...standardChoices, acknowledge: 'before-commit' },
  },
  {
    name: 'seed-swapped',
    title: 'Planted bug: outcomes do not follow from the promised seed',
    description: 'The game shows the hash of one server seed and draws rounds with another.',
    planted_bug: true,
    choices: { ...standardChoices, fairness: 'swapped' },
  },
  {
    name: 'nonce-burned',
    title: 'Planted bug: draws are thrown away',
    description:
      'The game throws every fourth draw of a seed away and draws again: each outcome can be derived, and the house may have chosen.',
    planted_bug: true,
    choices: { ...standardChoices, nonces: 'burned' },
  },
  {
    name: 'hold-kept',
    title: 'Planted bug: a cancelled payout keeps its money',
    description: 'The wallet releases the hold of a payout that is cancelled, and leaves its money aside for good.',
    planted_bug: true,
    choices: { ...standardChoices, released: 'kept' },
  },
  {
    name: 'audit-skips',
    title: 'Planted bug: the audit trail leaves events out',
    description:
      'Telemetry takes every event and keeps no audit entry of one in eight: the chain holds, and lacks money.',
    planted_bug: true,
    choices: { ...standardChoices, audit: 'skips' },
  },
]

/** Every design by its name; 'standard' is the default. */
export const designs: Readonly<Record<string, Design>> = Object.fromEntries(all.map((design) => [design.name, design]))

/** The choices of a design; throws Failure UNKNOWN_DESIGN. */
export function choices(name: string): Choices {
  const design = Object.hasOwn(designs, name) ? designs[name] : undefined
  if (design === undefined)
    throw new Failure('UNKNOWN_DESIGN', `there is no design '${name}', only ${Object.keys(designs).join(', ')}`)
  return design.choices
}
