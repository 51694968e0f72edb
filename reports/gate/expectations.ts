import { notesOf, type RunRecord } from '../record/record.ts'
import type { ElasticityService, RecoveryTrial, ResultFile, VerdictState } from '../record/result.ts'
import { exercisedAtLeast, inState } from './exercised.ts'
import { count, listed, percent, plural, seconds } from './words.ts'

export type Expectation = ResultFile['verdict']['expectations'][number]
export type Measured = Omit<ResultFile, 'verdict'>

/** What an experiment can set a limit to: the name under which a result has the expectation, and the field of its limit. */
export const limitOf = {
  recovery: 'recovery_s_max',
  'failed operations': 'failed_share_max',
  'service level': 'slo_violation_s_max',
  'reaction to demand': 'reaction_lag_s_max',
} as const satisfies Record<string, keyof RunRecord['experiment']['expectations']>

/** Whether an experiment expects what is called so, with a limit of its own. */
export const expects = (experiment: Pick<RunRecord['experiment'], 'expectations'>, name: string): boolean =>
  Object.hasOwn(limitOf, name) && experiment.expectations[limitOf[name as keyof typeof limitOf]] !== undefined

interface Question {
  record: RunRecord
  measured: Measured
  /** False: the load or the run was not what was planned, so times and shares say nothing, either way. */
  sound: boolean
}

/** Every expectation of the experiment, with what was measured. */
export function judgeExpectations(question: Question): Expectation[] {
  return [consistent, exercised, recovery, whole, failedShare, sloViolation, scalesOut, reactionLag].flatMap((judge) =>
    judge(question),
  )
}

const stateOf = (holds: boolean | null, sound = true): VerdictState =>
  holds === null || !sound ? 'INCONCLUSIVE' : holds ? 'PASS' : 'FAIL'

/**
 * Violations are true however the run went, but for the one that is about time; that there are none is shown only when every
 * check could be made. One that met none of its dangers is no failure, and is said.
 */
function consistent({ record, measured: { consistency }, sound }: Question): Expectation[] {
  const waived = record.experiment.expectations.waives?.consistent
  if (waived !== undefined) return []
  const counts = ({ name }: { name: string }): boolean => sound || name !== 'settled'
  const failed = consistency.checks.filter((check) => check.state === 'FAIL' && counts(check))
  const open = consistency.checks.filter((check) => check.state === 'INCONCLUSIVE' || !counts(check))
  const violations = failed.reduce((sum, check) => sum + check.violations, 0)
  const idle = inState(consistency, 'NOT_EXERCISED')
  const unmet = idle.length === 0 ? '' : `; not exercised: ${listed(idle)}`
  const measured =
    failed.length > 0
      ? `${plural(violations, 'violation')} in ${plural(failed.length, 'check')}: ${failed.map(({ name }) => name).join(', ')}`
      : open.length > 0
        ? `${plural(open.length, 'check')} could not be made: ${listed(open.map(({ name }) => name))}`
        : `none over ${plural(consistency.operations, 'operation')}${unmet}`
  const state = stateOf(failed.length > 0 ? false : open.length > 0 ? null : true)
  return [
    { name: 'consistent', limit: `no violation in ${plural(consistency.checks.length, 'check')}`, measured, state },
  ]
}

function exercised({ record, measured: { consistency } }: Question): Expectation[] {
  const wanted = record.experiment.expectations.exercised
  return wanted === undefined ? [] : exercisedAtLeast(wanted, consistency)
}

/**
 * Every trial must recover, whether or not the experiment says how fast; without faults, the load must end within the service level
 * where nothing else is expected of it. Only an experiment that says why it may not is not asked.
 */
function recovery({ record, measured: { recovery: found }, sound }: Question): Expectation[] {
  const { expectations, faults, recovery: asked } = record.experiment
  const { recovery_s_max: max_s, waives } = expectations
  if (waives?.recovers !== undefined && max_s === undefined) return []
  if (faults.length === 0 && max_s === undefined) return endsWell(record, sound)
  const { trials, summary } = found
  const never = trials.filter((trial) => !cameBack(trial, record)).length
  const slowest = never > 0 ? Infinity : Math.max(...trials.map((trial) => trial.recovered_s ?? 0))
  const measured =
    trials.length === 0
      ? 'no trial'
      : never > 0
        ? `${never} of ${plural(trials.length, 'trial')} did not recover`
        : `${seconds(slowest)}${trials.length > 1 ? ` at most, median ${seconds(summary.median_s)}` : ''}`
  const holds = trials.length === 0 ? null : slowest <= (max_s ?? Number.MAX_VALUE)
  const within = asked === undefined ? '' : ` within ${seconds(asked.limit_s)} of its last revert`
  const limit = max_s === undefined ? `every trial recovers${within}` : `at most ${seconds(max_s)} in every trial`
  return [{ name: 'recovery', limit, measured, state: stateOf(holds, sound) }]
}

/** One that was watched to its limit has recovered only if it was served well for as long as the experiment asks before that. */
function cameBack({ trial, recovered_s, watched_s }: RecoveryTrial, record: RunRecord): boolean {
  if (recovered_s === null) return false
  const at_limit = record.journal.some(
    (line) => line.kind === 'trial' && line.trial === trial && line.state === 'limit',
  )
  return !at_limit || watched_s - recovered_s >= (record.experiment.recovery?.good_s ?? 0)
}

function endsWell({ journal, experiment }: RunRecord, sound: boolean): Expectation[] {
  const { failed_share_max, slo_violation_s_max } = experiment.expectations
  const end = journal.findLast((line) => line.kind === 'trial' && line.state !== 'begin')
  if (failed_share_max !== undefined || slo_violation_s_max !== undefined || end?.kind !== 'trial') return []
  const well = end.state === 'recovered'
  const measured = well ? 'it did' : 'it did not'
  return [{ name: 'recovery', limit: 'the load ends within the service level', measured, state: stateOf(well, sound) }]
}

/** What did not come back before a trial's limit, though clients were served. */
function whole({ record, sound }: Question): Expectation[] {
  const { expectations, faults } = record.experiment
  if (faults.length === 0 || expectations.waives?.whole !== undefined) return []
  const lacking = notesOf(record.journal, 'not-whole')
  return [
    {
      name: 'whole again',
      limit: 'every replica, leader and standby is back at the end of each trial',
      measured: lacking.length === 0 ? 'all are' : listed(lacking),
      state: stateOf(lacking.length === 0, sound),
    },
  ]
}

function failedShare({ record, measured, sound }: Question): Expectation[] {
  const max = record.experiment.expectations.failed_share_max
  if (max === undefined) return []
  const failed = measured.latency.windows.reduce((sum, window) => sum + window.failed, 0)
  const all = measured.latency.windows.reduce((sum, window) => sum + window.operations, 0)
  const share = all === 0 ? null : failed / all
  const text = share === null ? 'no operation' : `${percent(share)} (${count(failed)} of ${count(all)})`
  const state = stateOf(share === null ? null : share <= max, sound)
  return [{ name: 'failed operations', limit: `at most ${percent(max)}`, measured: text, state }]
}

function sloViolation({ record, measured: { elasticity }, sound }: Question): Expectation[] {
  const max_s = record.experiment.expectations.slo_violation_s_max
  if (max_s === undefined) return []
  const { slo_violation_s } = elasticity
  const state = stateOf(record.operations.length === 0 ? null : slo_violation_s <= max_s, sound)
  const limit = `at most ${seconds(max_s)} outside of the service level`
  return [{ name: 'service level', limit, measured: seconds(slo_violation_s), state }]
}

/** Where demand never called for so many replicas, it says nothing of an autoscaler that there were not. */
function scalesOut({ record, measured: { elasticity }, sound }: Question): Expectation[] {
  return (record.experiment.expectations.scales_out ?? []).map(({ service, replicas_min }) => {
    const found = elasticity.services.filter((item) => item.service === service)
    const most = Math.max(0, ...found.map(({ replicas_max }) => replicas_max))
    const demanded = Math.max(0, ...found.flatMap(({ series }) => series.map(([, each]) => each)))
    const by_region = found.map(({ region, replicas_max }) => `${replicas_max} in ${region}`).join(', ')
    const asked = demanded >= replicas_min ? '' : `, and demand called for ${demanded} at most`
    return {
      name: `${service} scales out`,
      limit: `at least ${replicas_min} ready replicas in a region`,
      measured: found.length === 0 ? 'not observed' : `${by_region}${asked}`,
      state: stateOf(most >= replicas_min ? true : demanded < replicas_min ? null : false, sound),
    }
  })
}

/** Who has most of something, of those that have it. */
function longest<T>(all: readonly T[], value: (of: T) => number | null): { of: T; value: number } | undefined {
  return all
    .flatMap((of) => {
      const found = value(of)
      return found === null ? [] : [{ of, value: found }]
    })
    .toSorted((one, other) => other.value - one.value)[0]
}

function reactionLag({ record, measured: { elasticity }, sound }: Question): Expectation[] {
  const max_s = record.experiment.expectations.reaction_lag_s_max
  if (max_s === undefined) return []
  const named = record.experiment.expectations.scales_out?.map(({ service }) => service)
  const asked = elasticity.services.filter(({ service }) => named?.includes(service) ?? true)
  const slowest = longest(asked, ({ reaction_lag_s }) => reaction_lag_s)
  // Demand that falls sooner than the limit has not shown that the limit was missed.
  const unanswered = longest(asked, ({ unanswered_s }) => unanswered_s)
  const late = unanswered !== undefined && unanswered.value > max_s ? unanswered : undefined
  const nameOf = ({ of: { service, region } }: { of: ElasticityService }): string => `${service} in ${region}`
  const measured =
    late !== undefined
      ? `${nameOf(late)} had not enough for ${seconds(late.value)}`
      : slowest !== undefined
        ? `${seconds(slowest.value)} (${nameOf(slowest)})`
        : unanswered !== undefined
          ? `demand fell again after ${seconds(unanswered.value)}`
          : 'demand never rose'
  const holds = late !== undefined ? false : slowest === undefined ? null : slowest.value <= max_s
  return [{ name: 'reaction to demand', limit: `at most ${seconds(max_s)}`, measured, state: stateOf(holds, sound) }]
}
