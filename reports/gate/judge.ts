import { join } from 'node:path'
import { runChecks } from '../checks/run-checks.ts'
import { measureCost } from '../measure/cost.ts'
import { measureElasticity } from '../measure/elasticity.ts'
import { auditGenerator } from '../measure/generator.ts'
import { measureLatency, runWindows } from '../measure/latency.ts'
import { measureRecovery } from '../measure/recovery.ts'
import { measureTraces } from '../measure/traces.ts'
import { rounded } from '../measure/statistics.ts'
import { recordFiles } from '../record/format.ts'
import { readRecord } from '../record/read.ts'
import type { RunRecord } from '../record/record.ts'
import type { ResultFile, VerdictState } from '../record/result.ts'
import { replaceFile } from '../record/writer.ts'
import { judgeExpectations, type Measured } from './expectations.ts'
import { auditCleanup, harnessReasons, systemReasons, type Reason } from './reasons.ts'
import { sentenceOf } from './sentence.ts'

/** Reads the record in a folder, judges it and writes its result.json. Throws Failure RUN_NOT_FOUND or RECORD_INVALID. */
export async function judgeRun(folder: string): Promise<ResultFile> {
  const result = judge(await readRecord(folder))
  replaceFile(join(folder, recordFiles.result), `${JSON.stringify(result, null, 1)}\n`)
  return result
}

/** Record in, result out: pure, and linear in the length of the record. */
export function judge(record: RunRecord): ResultFile {
  const windows = runWindows(record)
  const recovery = measureRecovery(record)
  const { cleanup, reasons: cleanupReasons } = auditCleanup(record)
  const measured: Measured = {
    schema: 1,
    run: runOf(record),
    recovery,
    elasticity: measureElasticity(record, windows),
    consistency: runChecks(record),
    latency: measureLatency(record, windows),
    generator: auditGenerator(record, windows, recovery.trials),
    cleanup,
    cost: measureCost(record),
    ...tracesOf(record),
  }
  const { run, ...rest } = measured
  return { schema: 1, run, verdict: verdictOf(record, measured, cleanupReasons), ...omitSchema(rest) }
}

function tracesOf(record: RunRecord): Pick<ResultFile, 'traces'> {
  const traces = measureTraces(record)
  return traces === undefined ? {} : { traces }
}

const omitSchema = ({ schema: _schema, ...rest }: Omit<Measured, 'run'>): Omit<Measured, 'run' | 'schema'> => rest

/**
 * system   FAIL: an expectation or a check failed, or the stop condition ended the run
 * harness  INCONCLUSIVE: the run was not what was planned; then the system has not passed either
 * cleanup  FAIL: something that a fault did was not undone
 */
function verdictOf(record: RunRecord, measured: Measured, cleanupReasons: readonly Reason[]): ResultFile['verdict'] {
  const aboutHarness = harnessReasons(record, measured)
  const aboutSystem = systemReasons(record)
  const sound = aboutHarness.length === 0
  const expectations = judgeExpectations({ record, measured, sound })
  // Whenever it fires, fault or not, clients were not served; unless it was the load that was not as planned.
  const stopped = aboutSystem.some(({ code }) => code === 'STOPPED') && measured.generator.state === 'PASS'
  const states = expectations.map(({ state }) => state)
  const system: VerdictState =
    states.includes('FAIL') || stopped ? 'FAIL' : states.includes('INCONCLUSIVE') || !sound ? 'INCONCLUSIVE' : 'PASS'
  for (const { name, limit, measured: text, state } of expectations)
    if (state === 'FAIL')
      aboutSystem.push({ about: 'system', code: 'EXPECTATION_MISSED', text: `${name}: ${text}; expected ${limit}` })
  for (const { name, measured: text, state } of expectations)
    if (state === 'INCONCLUSIVE' && sound)
      aboutSystem.push({ about: 'system', code: 'NOT_SHOWN', text: `${name}: ${text}` })
  const verdict = {
    system,
    harness: sound ? ('PASS' as const) : ('INCONCLUSIVE' as const),
    cleanup: measured.cleanup.state,
    reasons: [...aboutSystem, ...aboutHarness, ...cleanupReasons],
    expectations,
  }
  const { system: system_state, harness, cleanup, reasons } = verdict
  const sentence = sentenceOf(record, measured, verdict)
  return { system: system_state, harness, cleanup, sentence, reasons, expectations }
}

function runOf({ run, experiment }: RunRecord): ResultFile['run'] {
  const { id, target, design, seed, started_at_ms, ended_at_ms, versions, machine, settings } = run
  return {
    id,
    experiment: experiment.name,
    title: experiment.title,
    target,
    design,
    seed,
    started_at: new Date(started_at_ms).toISOString(),
    duration_s: rounded(Math.max(0, (ended_at_ms ?? started_at_ms) - started_at_ms) / 1000),
    trials: experiment.trials,
    versions,
    machine,
    settings,
  }
}
