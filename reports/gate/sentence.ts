import type { RunRecord } from '../record/record.ts'
import type { ResultFile } from '../record/result.ts'
import { checks } from '../checks/registry.ts'
import type { Measured } from './expectations.ts'
import { inState } from './exercised.ts'
import { deedOf } from './deed.ts'
import { capital, count, counted, listed, plural, seconds, secondsRange } from './words.ts'

type Verdict = Pick<ResultFile['verdict'], 'system' | 'harness' | 'cleanup' | 'reasons' | 'expectations'>

/** One sentence that says what happened, with numbers, for a person who reads nothing else. */
export function sentenceOf(record: RunRecord, measured: Measured, verdict: Verdict): string {
  const story = measured.recovery.trials.length > 0 ? faultStory(record, measured) : loadStory(record, measured)
  const parts: string[] = []
  const unsound = verdict.reasons.find(({ about }) => about === 'harness')
  if (unsound !== undefined)
    parts.push(`No verdict${verdict.system === 'FAIL' ? ' on times' : ''}: ${ended(unsound.text)}`)
  if (record.operations.length > 0) parts.push(ended(`${capital(story)}${money(measured)}`))
  const missed = verdict.expectations.filter(({ name, state }) => state === 'FAIL' && name !== 'consistent')
  if (missed.length > 0) parts.push(`Expected was ${listed(missed.map(({ name, limit }) => `${name} ${limit}`))}.`)
  const open = verdict.reasons.filter(({ code }) => code === 'NOT_SHOWN')
  if (open.length > 0) parts.push(`It could not be shown: ${listed(open.map(({ text }) => text))}.`)
  const stopped = verdict.reasons.find(({ code }) => code === 'STOPPED')
  if (stopped !== undefined) parts.push(ended(capital(stopped.text)))
  if (verdict.cleanup === 'FAIL')
    parts.push(
      `Not everything was undone: ${listed(
        verdict.reasons.filter(({ about }) => about === 'cleanup').map(({ text }) => text),
        3,
      )}.`,
    )
  return parts.join(' ')
}

const ended = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)

/** `Killing one of two wallet instances … made 4 of 3 120 operations fail; service was whole again after …` */
function faultStory(record: RunRecord, { recovery }: Measured): string {
  const { trials, summary } = recovery
  const all = record.operations.length
  const failed = trials.reduce((sum, trial) => sum + trial.failed_operations, 0)
  const hurt = trials.filter(({ impact_start_s }) => impact_start_s !== null)
  const noticed =
    failed > 0
      ? `made ${count(failed)} of ${plural(all, 'operation')} fail`
      : hurt.length > 0
        ? `made players wait, though none of ${plural(all, 'operation')} failed`
        : `went unnoticed by all ${plural(all, 'operation')} of the players`
  return `${deedOf(record, trials)} ${noticed}; ${wholeAgain(trials, summary)}`
}

function wholeAgain(trials: ResultFile['recovery']['trials'], summary: ResultFile['recovery']['summary']): string {
  const never = trials.filter(({ censored }) => censored)
  if (never.length === trials.length) {
    const watched_s = Math.min(...never.map((trial) => trial.watched_s))
    return `service was not whole again within the ${seconds(watched_s)} that were watched`
  }
  if (never.length > 0)
    return `service was not whole again in ${counted(never.length)} of ${counted(trials.length)} trials`
  if (trials.every(({ impact_start_s }) => impact_start_s === null)) return 'the service level was never missed'
  if (trials.length === 1) return `service was whole again after ${seconds(summary.median_s)}`
  const range = secondsRange(summary.low_s, summary.high_s)
  return `service was whole again after ${seconds(summary.median_s)} (median of ${trials.length}, ${range})`
}

/** `Load rose from 40 to 160 operations/s; wallet grew from 2 to 3 replicas; …` */
function loadStory(record: RunRecord, { elasticity, latency }: Measured): string {
  const rates = record.run.schedule
    .flatMap(({ from_per_s, to_per_s }) => [from_per_s, to_per_s])
    .filter((rate) => rate > 0)
  const [low, high] = [Math.min(...rates), Math.max(...rates)]
  const load =
    record.experiment.faults.length > 0
      ? 'no fault was put in'
      : rates.length === 0
        ? 'under load'
        : high > low * 1.2
          ? `load rose from ${count(low)} to ${count(high)} operations/s`
          : `under a steady ${count(high)} operations/s nothing was done to the system`
  const failed = latency.windows.reduce((sum, window) => sum + window.failed, 0)
  const growth = growthOf(elasticity.services)
  const level =
    elasticity.slo_violation_s === 0
      ? 'the service level was never missed'
      : `players were outside of the service level for ${seconds(elasticity.slo_violation_s)}`
  const lost = `${failed === 0 ? 'none' : count(failed)} of ${plural(record.operations.length, 'operation')} failed`
  return [load, growth, level, lost].filter((text) => text !== '').join('; ')
}

function growthOf(services: ResultFile['elasticity']['services']): string {
  const grown = services.filter(({ series, replicas_max }) => replicas_max > (series[0]?.[2] ?? replicas_max))
  const byChange = Map.groupBy(grown, ({ series, replicas_max }) => `from ${series[0]![2]} to ${replicas_max}`)
  const texts = [...byChange].map(([change, items]) => {
    const names = [...new Set(items.map(({ service }) => service))]
    return `${listed(names)} grew ${change} replicas`
  })
  return texts.join(', ')
}

const moneyChecks = new Set(checks.flatMap(({ name, about_money }) => (about_money === true ? [name] : [])))

/** That no cent was lost is said when everything that could lose one was tried, and looked at. */
function money({ consistency }: Measured): string {
  const failed = consistency.checks.filter(({ state }) => state === 'FAIL')
  const [only] = consistency.violations
  if (failed.length === 1 && failed[0]!.name === 'settled' && only !== undefined) return `. ${only.witness.text}`
  if (failed.length > 0) {
    const violations = failed.reduce((sum, check) => sum + check.violations, 0)
    const first = consistency.violations[0]?.witness.text ?? ''
    const found = `${plural(violations, 'violation')} in ${plural(failed.length, 'check')}`
    return `; the books are wrong (${found}). ${first}`
  }
  const about = { checks: consistency.checks.filter(({ name }) => moneyChecks.has(name)) }
  if (about.checks.length === 0 || inState(about, 'INCONCLUSIVE').length > 0)
    return '; whether money was lost could not be checked'
  const idle = inState(about, 'NOT_EXERCISED')
  if (idle.length === 0) return ', and not one cent was lost'
  return `; no money was seen to be lost, and ${listed(idle)} ${idle.length === 1 ? 'was' : 'were'} not exercised`
}
