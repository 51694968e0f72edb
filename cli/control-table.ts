import { gateAgainst } from '#reports/gate/baseline.ts'
import { tableText } from '#reports/gate/compare.ts'
import type { ResultFile } from '#reports/record/result.ts'
import type { PlantedBug } from '#sut/designs/planted-bug.ts'

// What the controls of the harness come to: pure functions of results and marks.

export type Controlled = Pick<PlantedBug, 'name' | 'title' | 'caught_by' | 'experiment'>
export interface Marks {
  ran: number
  reached: number
}
/** One run of a system with a planted bug; no result: nothing could be judged, for the reason in `failure`. */
export interface PlantedRun {
  bug: Controlled
  marks: Marks
  result?: ResultFile
  failure?: string
}

/**
 * caught: by the check (or the expectation of the experiment) that is meant for it · caught_otherwise: by other checks alone ·
 * missed: it made a difference, and no check saw it · not_reached: it made no difference, so that nothing can be said of the
 * checks · failed: there is no result.
 */
export type Outcome = 'caught' | 'caught_otherwise' | 'missed' | 'not_reached' | 'failed'

export interface BugControl extends Controlled {
  planted: number
  ran: number
  reached: number
  outcomes: Record<Outcome, number>
  /** Other checks that failed in some run. */
  others: string[]
  /** Why runs have no result. */
  failures: string[]
  ok: boolean
}
export interface Controls {
  bugs: BugControl[]
  /** Runs of the standard one after the other, each held against the next one, both ways. */
  alarms: { pairs: number; runs: number; texts: string[] }
  ok: boolean
}

/** Checks that failed. */
const failedOf = ({ consistency }: ResultFile): string[] =>
  consistency.checks.filter(({ state }) => state === 'FAIL').map(({ name }) => name)

const isMissed = (expectation: string, { verdict }: ResultFile): boolean =>
  verdict.expectations.some(({ name, state }) => name === expectation && state === 'FAIL')

export function outcomeOf({ bug, marks, result }: PlantedRun): Outcome {
  if (result === undefined) return 'failed'
  const failed = failedOf(result)
  if (failed.includes(bug.caught_by) || isMissed(bug.caught_by, result)) return 'caught'
  if (failed.length > 0) return 'caught_otherwise'
  return marks.reached > 0 ? 'missed' : 'not_reached'
}

/** `standard`: results of the system as it should be, in the order in which they were run. */
export function controlsOf(planted: readonly PlantedRun[], standard: readonly ResultFile[]): Controls {
  const byName = Map.groupBy(planted, ({ bug }) => bug.name)
  const bugs = [...byName.values()].map(bugControl)
  const alarms = { pairs: Math.max(0, standard.length - 1), runs: standard.length, texts: alarmsOf(standard) }
  return { bugs, alarms, ok: alarms.texts.length === 0 && bugs.every(({ ok }) => ok) }
}

function bugControl(runs: readonly PlantedRun[]): BugControl {
  const { name, title, caught_by, experiment } = runs[0]!.bug
  const outcomes: Record<Outcome, number> = { caught: 0, caught_otherwise: 0, missed: 0, not_reached: 0, failed: 0 }
  for (const run of runs) outcomes[outcomeOf(run)] += 1
  const others = new Set(runs.flatMap(({ result }) => (result === undefined ? [] : failedOf(result))))
  others.delete(caught_by)
  return {
    name,
    title,
    caught_by,
    experiment,
    planted: runs.length,
    ran: runs.filter(({ marks }) => marks.ran > 0).length,
    reached: runs.filter(({ marks }) => marks.reached > 0).length,
    outcomes,
    others: [...others],
    failures: runs.flatMap(({ failure }) => failure ?? []),
    ok: outcomes.caught === runs.length,
  }
}

/** A run that does not pass, and each way in which a pair differs, is a false alarm: both are the same code. */
function alarmsOf(standard: readonly ResultFile[]): string[] {
  const failing = standard.filter(({ verdict }) => verdict.system !== 'PASS')
  const pairs = standard.slice(1).flatMap((run, index) => {
    const before = standard[index]!
    return [...worse(run, before), ...worse(before, run)]
  })
  return [...failing.map(({ run, verdict }) => `${run.id} is ${verdict.system}: ${verdict.sentence}`), ...pairs]
}

function worse(run: ResultFile, than: ResultFile): string[] {
  const { ok, differences } = gateAgainst(run, than)
  if (ok) return []
  const text = differences
    .filter(({ change }) => change === 'worse')
    .map(({ name, baseline, run: now }) => `${name} ${baseline}, then ${now}`)
  return [`${run.run.id} is taken for worse than ${than.run.id}: ${text.join('; ')}`]
}

const columns = ['planted bug', 'experiment', 'planted', 'ran', 'reached', 'caught by', '', 'by another', 'missed', '']

export function controlsText({ bugs, alarms, ok }: Controls): string {
  const rows = bugs.map(({ name, experiment, planted, ran, reached, caught_by, outcomes, others, ...bug }) => [
    name,
    experiment,
    ...[planted, ran, reached].map(String),
    caught_by,
    `${outcomes.caught} of ${planted}`,
    outcomes.caught_otherwise === 0 ? '–' : `${outcomes.caught_otherwise} (${others.join(', ')})`,
    outcomes.missed === 0 ? '–' : String(outcomes.missed),
    remarkOf(outcomes, bug.failures),
  ])
  const total = (count: (bug: BugControl) => number): number => bugs.reduce((sum, bug) => sum + count(bug), 0)
  const planted = total((bug) => bug.planted)
  const of = (count: (bug: BugControl) => number): string => `${total(count)} of ${planted}`
  return [
    ...(bugs.length > 0 ? [tableText({ header: columns, rows }), ''] : []),
    `caught by the check that is meant for it: ${of(({ outcomes }) => outcomes.caught)}`,
    `caught by another check alone: ${total(({ outcomes }) => outcomes.caught_otherwise)} · missed: ${total(({ outcomes }) => outcomes.missed)}`,
    `not reached, which is the load's fault: ${total(({ outcomes }) => outcomes.not_reached)} · without a result: ${total(({ outcomes }) => outcomes.failed)}`,
    `false alarms: ${alarms.texts.length} in ${alarms.runs} runs of the standard, ${alarms.pairs} pairs, both ways`,
    ...alarms.texts.map((text) => `  ${text}`),
    ok ? 'all controls hold' : 'NOT all controls hold',
  ].join('\n')
}

function remarkOf({ not_reached, failed }: BugControl['outcomes'], failures: readonly string[]): string {
  const remarks = [
    ...(not_reached > 0 ? [`not reached: ${not_reached}`] : []),
    ...(failed > 0 ? [`no result: ${failed} (${failures[0] ?? 'unknown'})`] : []),
  ]
  return remarks.join(', ')
}
