import { injectionsOf, noteOf, phaseOf, type RunRecord } from '../record/record.ts'
import type { ResultFile } from '../record/result.ts'
import type { Measured } from './expectations.ts'
import { listed } from './words.ts'

export type Reason = ResultFile['verdict']['reasons'][number]

/**
 * What makes the harness' own work unsound: then nothing that was measured counts as shown, only violations of consistency do.
 */
export function harnessReasons(record: RunRecord, { generator, recovery }: Measured): Reason[] {
  const { run, journal, missing, torn, changed, experiment } = record
  const reasons: Reason[] = []
  const add = (code: string, text: string): void => void reasons.push({ about: 'harness', code, text })
  if (run.outcome === undefined) add('NO_END', 'the run ended without an outcome: the harness was killed')
  else if (run.outcome.state === 'aborted') add('ABORTED', `the run was aborted: ${run.outcome.text}`)
  else if (run.outcome.state === 'failed') add('FAILED', run.outcome.text)

  const expired = noteOf(journal, 'lease-expired')
  if (expired !== undefined) add('LEASE_EXPIRED', expired)

  const steady = phaseOf(journal, 'steady-state')
  const failed = run.outcome?.state === 'failed'
  if (steady.end_ms === undefined && !failed)
    add('NOT_STEADY', 'the steady state was never reached, so nothing can be said about what came after')
  if (missing.length > 0)
    add('FILES_MISSING', `${listed(missing)} ${missing.length === 1 ? 'is' : 'are'} missing or empty`)
  const was = (names: readonly string[]): string => `${listed(names)} ${names.length === 1 ? 'was' : 'were'}`
  if (torn.length > 0) add('FILES_TORN', `${was(torn)} cut short`)
  if (changed.length > 0) add('FILES_CHANGED', `${was(changed)} changed after the run`)
  if (generator.state !== 'PASS') add('LOAD_NOT_AS_PLANNED', generator.note)

  for (const { fault, targets, trial, at_ms } of injectionsOf(journal))
    if (at_ms.effective === undefined && at_ms.planned !== undefined)
      add('FAULT_NOT_EFFECTIVE', `${fault} on ${listed(targets)} was never seen to bite (trial ${trial})`)
  for (const { fault, targets, trial, lost } of injectionsOf(journal))
    if (lost !== undefined)
      add(
        'FAULT_STOPPED_BITING',
        `${fault} on ${listed(targets)} stopped biting while it was held (trial ${trial}): ${lost}`,
      )
  const seen = recovery.trials.length
  const wanted = experiment.faults.length === 0 ? 0 : experiment.trials
  if (seen < wanted && !(run.outcome?.state === 'stopped' && seen > 0))
    add('TRIALS_MISSING', `${seen} of ${wanted} trials had an effective fault`)
  return reasons
}

/** What went wrong besides expectations: the stop condition, and what did not come back though clients were served. */
export function systemReasons(record: RunRecord): Reason[] {
  const { outcome } = record.run
  const reasons: Reason[] = []
  if (outcome?.state === 'stopped')
    reasons.push({ about: 'system', code: 'STOPPED', text: `the stop condition ended the run: ${outcome.text}` })
  const lacking = noteOf(record.journal, 'not-whole')
  if (lacking !== undefined)
    reasons.push({
      about: 'system',
      code: 'NOT_WHOLE',
      text: `clients were served, but not everything came back: ${lacking}`,
    })
  return reasons
}

/** Faults without an end, and what the last scan found. */
export function auditCleanup({ journal }: RunRecord): { cleanup: ResultFile['cleanup']; reasons: Reason[] } {
  const injections = injectionsOf(journal).filter(({ at_ms }) => at_ms.planned !== undefined)
  const left = injections.filter(({ at_ms }) => at_ms.reverted === undefined)
  const scan = journal.findLast((line) => line.kind === 'cleanup')
  const residue = scan?.residue ?? []
  const reasons: Reason[] = left.map(({ fault, targets, trial }) => ({
    about: 'cleanup',
    code: 'NOT_REVERTED',
    text: `${fault} on ${listed(targets)} was planned and never reverted (trial ${trial})`,
  }))
  if (residue.length > 0)
    reasons.push({ about: 'cleanup', code: 'RESIDUE', text: `left behind: ${listed(residue, 8)}` })
  if (scan === undefined)
    reasons.push({ about: 'cleanup', code: 'NO_SCAN', text: 'nobody looked whether something was left behind' })
  const state = left.length > 0 || residue.length > 0 ? 'FAIL' : scan === undefined ? 'INCONCLUSIVE' : 'PASS'
  const reverted = injections.length - left.length
  return { cleanup: { faults: injections.length, reverted, residue, state }, reasons }
}
