import { rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { unknownName } from '#chaos/engine/nearest.ts'
import { planRun, type Plan } from '#chaos/engine/plan.ts'
import { runExperiment } from '#chaos/engine/run-experiment.ts'
import type { Finished } from '#chaos/engine/run.ts'
import { targetNamed } from '#chaos/targets/registry.ts'
import { systemClock } from '#lib/clock.ts'
import { Failure, textOf } from '#lib/errors.ts'
import { judgeRun } from '#reports/gate/judge.ts'
import { writeReports, writeSuiteReports } from '#reports/page/write.ts'
import { recordFiles } from '#reports/record/format.ts'
import type { ResultFile } from '#reports/record/result.ts'
import { storageFailure } from '#reports/record/writer.ts'
import { loadGenerator } from '#scenarios/load-generator.ts'
import { traceSettingsOf } from '#sut/contracts/tracing.ts'
import type { ProgramName } from '#toolchain/registry.ts'
import { prepareAll } from '#toolchain/resolve.ts'
import { catalogue } from './catalogue.ts'
import { newRunId, outputFolder, shown } from './folders.ts'
import { type PlaceOptions, targetOptions } from './options.ts'
import { standReady } from './stand.ts'
import type { NamedExperiment } from './read-experiment.ts'
import type { Terminal } from './terminal.ts'

export interface RunOptions extends PlaceOptions {
  target: string
  design: string
  trials?: number | undefined
  /** Per cent of what the experiments say. */
  load?: number | undefined
  seed?: string | undefined
  ports?: number | undefined
}

/** Plans all of them; throws one Failure with the problems of all. */
export function planAll(named: readonly NamedExperiment[], options: RunOptions): Plan[] {
  // What all of them would say is said once.
  targetNamed(options.target)
  if (!catalogue.designs.includes(options.design))
    throw new Failure('UNKNOWN_DESIGN', unknownName('design', options.design, catalogue.designs))
  const place = targetOptions(options.target, options)
  const failures: Failure[] = []
  const plans: Plan[] = []
  for (const each of named)
    try {
      plans.push(
        planRun({ ...each, ...options, place, load_percent: options.load, ports_from: options.ports }, catalogue),
      )
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      failures.push(error)
    }
  const [first] = failures
  if (first === undefined) return plans
  throw failures.length === 1 ? first : new Failure(first.code, failures.map(textOf).join('\n'))
}

export interface Ran {
  folder: string
  results: ResultFile[]
  folders: string[]
  /** Sentences about what could not be undone. */
  not_undone: string[]
  /** The last of them was interrupted: its result says how far it got. */
  interrupted?: boolean
  /** Why a run came to an early end that its result does not say: to be told once the results are. */
  failure?: unknown
}

export interface RunAll {
  plans: readonly Plan[]
  /** Of the folder: the experiment, or the suite. */
  name: string
  out?: string | undefined
  terminal: Terminal
  signal: AbortSignal
  /** Aborted by the second Ctrl-C. */
  at_once?: AbortSignal
  /** Called with each result as soon as it is there. */
  judged?: (result: ResultFile, folder: string) => void
}

/** Runs, judges and reports one experiment after the other. Throws when nothing could be measured; the record stays. */
export async function runAll({ plans, name, out, terminal, signal, at_once, judged }: RunAll): Promise<Ran> {
  const { share: trace_share } = traceSettingsOf(process.env)
  await standReady(
    plans.map(({ target, place }) => ({ target, options: place, programs: programsOf(target) })),
    terminal,
    signal,
  )
  const id = newRunId(name, systemClock.wall_ms())
  const folder = outputFolder(out, id)
  const single = plans.length === 1
  const ran: Ran = { folder, results: [], folders: [], not_undone: [] }
  const k6 = await prepared(folder, plans, terminal, signal)
  for (const [index, plan] of plans.entries()) {
    terminal.line(`${plan.experiment.name} · ${plan.experiment.title}`)
    const details = [`target ${plan.target.name}`, `design ${plan.design}`, `seed ${plan.seed}`]
    terminal.line(`  ${details.join(' · ')} · about ${plan.estimate_s} s`)
    const runFolder = single ? folder : join(folder, `${index + 1}-${plan.experiment.name}`)
    const finished = await runExperiment(
      { plan, catalogue, folder: runFolder, id: single ? id : `${id}-${index + 1}-${plan.experiment.name}` },
      {
        clock: systemClock,
        startLoad: loadGenerator({ k6, clock: systemClock, trace_share }),
        progress: terminal.progress,
        signal,
        ...(at_once !== undefined && { at_once }),
      },
    )
    ran.not_undone.push(...finished.not_undone)
    if (!(await judgeFinished(finished, ran, judged))) break
  }
  if (!single && ran.folders.length > 0) await writeSuiteReports(folder, ran.folders)
  return ran
}

/** Whatever the target needs, and what makes the load. */
const programsOf = ({ programs }: Plan['target']): ProgramName[] => [...programs, 'k6']

/** The path of k6. Without the programs no run begins, and a folder that was made for it goes again. */
async function prepared(
  folder: string,
  plans: readonly Plan[],
  { line }: Terminal,
  signal: AbortSignal,
): Promise<string> {
  try {
    const needed = new Set(plans.flatMap(({ target }) => programsOf(target)))
    return (await prepareAll([...needed], { progress: line, signal })).k6.path
  } catch (error) {
    await rmdir(folder)
    throw signal.aborted ? signal.reason : error
  }
}

/** False when there is no use in going on. */
async function judgeFinished(finished: Finished, ran: Ran, judged: RunAll['judged']): Promise<boolean> {
  const { folder, outcome, error, loaded, read } = finished
  const aborted = outcome.state === 'aborted'
  if (!loaded || (aborted && !read)) {
    ran.failure = endOf(finished)
    return false
  }
  // A full disk, or anything else that a person has to mend, is told as such even when there is something to judge.
  if (error !== undefined && outcome.state === 'failed') ran.failure ??= storageFailure(folder, error) ?? error
  try {
    const result = await judgeRun(folder)
    await writeReports(folder)
    ran.results.push(result)
    ran.folders.push(folder)
    judged?.(result, folder)
    ran.interrupted = aborted
    return !aborted
  } catch (unjudged) {
    ran.failure ??= storageFailure(folder, unjudged) ?? unjudged
    return false
  }
}

/** The error of a run that has nothing to be judged. */
function endOf({ folder, outcome, error, not_undone }: Finished): unknown {
  if (not_undone.length > 0) return new Failure('NOT_UNDONE', not_undone.join('; '))
  const kept = `everything was ended; the record is kept in ${shown(folder)}`
  if (outcome.state === 'aborted') return new Failure('ABORTED', outcome.text, { hint: kept })
  return error
}

export const reportOf = ({ folder }: Ran): string => shown(join(folder, recordFiles.page))
