import { random, type Random } from '#lib/random.ts'
import { runChecks } from '../checks/run-checks.ts'
import { fixture, recordOf, type RawRecord } from '../record/fixture.ts'
import type { ResultFile, Violation } from '../record/result.ts'
import { mutated } from './apply.ts'
import type { Mutation } from './mutation.ts'
import { mutations as all } from './registry.ts'

// Random correct records, each judged as it is and with one lie in it:
//
//   seed ──► correct record ──► checks ──► an alarm is a false one
//                 └──► mutation ──► checks ──► no alarm is a miss; one without a bounded witness says too little

/** No witness is longer than this, as JSON, and no sentence longer than that. */
export const witness_bytes_max = 20_000
export const sentence_characters_max = 1_000

export interface MutationTally {
  name: string
  tried: number
  /** A check failed. */
  caught: number
  /** One of the checks failed that are meant for it. */
  intended: number
  /** Which checks failed, and how often. */
  by: Record<string, number>
}

export interface Campaign {
  seed: string
  unchanged: number
  changed: number
  /** One sentence each: the seed of the record, and what was said of it. */
  false_alarms: string[]
  missed: string[]
  /** Witnesses that are too long, or that name nothing. */
  unbounded: string[]
  mutations: MutationTally[]
}

interface Options {
  /** How many records, each once unchanged and once changed. */
  records: number
  seed: string
  mutations?: readonly Mutation[]
  /** Called after each record. */
  progress?: (done: number) => void
}

const listed_max = 20

export function runCampaign({ records, seed, mutations = all, progress = () => undefined }: Options): Campaign {
  const tallies = mutations.map(({ name }): MutationTally => ({ name, tried: 0, caught: 0, intended: 0, by: {} }))
  const campaign: Campaign = {
    seed,
    unchanged: 0,
    changed: 0,
    false_alarms: [],
    missed: [],
    unbounded: [],
    mutations: tallies,
  }
  const note = (list: string[], text: string): void => void (list.length < listed_max && list.push(text))
  for (let index = 0; index < records; index++) {
    const choices = random(seed).fork(String(index))
    const raw = randomRecord(choices)
    const clean = runChecks(recordOf(raw))
    campaign.unchanged++
    for (const text of alarmsOf(clean)) note(campaign.false_alarms, `record ${index}: ${text}`)
    const found = change(raw, mutations, tallies, choices)
    progress(index + 1)
    if (found === undefined) continue
    campaign.changed++
    judgeChanged(campaign, found, index, note)
  }
  return campaign
}

/** A correct record with a size, a story and players of its own. */
export function randomRecord(choices: Random): RawRecord {
  const story = choices.pick(['wallet-kill', 'wallet-kill', 'region-failover'] as const)
  return fixture({
    story,
    seed: choices.seed,
    trials: 1,
    rate_per_s: 2 + choices.integer(4),
    players: 2 + choices.integer(7),
    severity: 0.5 + choices.next() * 2,
  })
}

interface Changed {
  mutation: Mutation
  index: number
  record: RawRecord
}

/** Of those that this record has something for the one that was tried least often: what few records allow has its turn too. */
function change(
  raw: RawRecord,
  mutations: readonly Mutation[],
  tallies: readonly MutationTally[],
  choices: Random,
): Changed | undefined {
  const byTried = mutations.map((_, index) => index).toSorted((a, b) => tallies[a]!.tried - tallies[b]!.tried)
  for (const index of byTried) {
    const mutation = mutations[index]!
    const record = mutated(raw, mutation, choices.fork(mutation.name))
    if (record !== undefined) return { mutation, index, record }
  }
  return undefined
}

function judgeChanged(
  campaign: Campaign,
  { mutation, index, record }: Changed,
  turn: number,
  note: (list: string[], text: string) => void,
): void {
  const result = runChecks(recordOf(record))
  const failed = result.checks.filter(({ state }) => state === 'FAIL').map(({ name }) => name)
  const tally = campaign.mutations[index]!
  tally.tried++
  if (failed.length > 0) tally.caught++
  else note(campaign.missed, `record ${turn}: ${mutation.name}`)
  if (failed.some((name) => mutation.seen_by.includes(name))) tally.intended++
  for (const name of failed) tally.by[name] = (tally.by[name] ?? 0) + 1
  for (const violation of result.violations) {
    const what = tooMuch(violation)
    if (what !== null) note(campaign.unbounded, `record ${turn}: ${mutation.name}: ${violation.kind} ${what}`)
  }
}

/** What is wrong with a witness; null: nothing. */
function tooMuch({ witness }: Violation): string | null {
  const bytes = Buffer.byteLength(JSON.stringify(witness))
  if (bytes > witness_bytes_max) return `has a witness of ${bytes} bytes`
  if (witness.text.length > sentence_characters_max) return `has a sentence of ${witness.text.length} characters`
  return witness.text === '' || witness.operations.length + witness.entries.length === 0 ? 'has no witness' : null
}

const alarmsOf = ({ checks, violations }: ResultFile['consistency']): string[] => [
  ...violations.map(({ kind, witness }) => `${kind}: ${witness.text}`),
  ...checks
    .filter(({ state }) => state === 'FAIL' || state === 'INCONCLUSIVE')
    .map(({ name, state }) => `${name} ${state}`),
]

export const isSound = ({ false_alarms, missed, unbounded, mutations }: Campaign): boolean =>
  false_alarms.length + missed.length + unbounded.length === 0 &&
  mutations.every(({ tried, intended }) => tried === intended)
