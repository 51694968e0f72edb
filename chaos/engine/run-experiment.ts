import { textOf } from '#lib/errors.ts'
import { recordSchema, type RunFile } from '#reports/record/format.ts'
import { createRecord } from '#reports/record/writer.ts'
import { liveWindows } from '../probes/windows.ts'
import type { Catalogue } from './catalogue.ts'
import { startLoad, steadyState, stopLoad } from './loading.ts'
import { harnessNote } from './journal-notes.ts'
import { machine } from './machine.ts'
import type { Plan } from './plan.ts'
import { dump, settle } from './reading.ts'
import type { Finished, Run, RunPorts } from './run.ts'
import { Stopped, tidySignal } from './run.ts'
import { residue, up } from './system.ts'
import { trials } from './trials.ts'

interface Step {
  name: string
  title: string
  /** Phase of the journal that begins or ends with this step; none: its own from begin to end. */
  journal?: { begins?: string; ends?: string }
  /** Happens after an early end of the trials as well, Ctrl-C too, when there was load: what came so far is worth judging. */
  tidies?: true
  run: (run: Run) => Promise<string>
}

// A run. It has been planned (plan.ts): all it names exists. What a step acquires is given back in the opposite order, at
// `down` or wherever the run ends.
export const steps: readonly Step[] = [
  { name: 'up', title: 'system up', run: up },
  { name: 'load', title: 'load', journal: { begins: 'load' }, run: startLoad },
  { name: 'steady-state', title: 'steady state', run: steadyState },
  { name: 'trials', title: 'trials', journal: {}, run: trials },
  { name: 'stop-load', title: 'stop load', journal: { ends: 'load' }, tidies: true, run: stopLoad },
  { name: 'settle', title: 'settle', tidies: true, run: settle },
  { name: 'dump', title: 'read state', tidies: true, run: dump },
  { name: 'down', title: 'system down', tidies: true, run: (run) => run.acquired.disposeAsync().then(() => '') },
  { name: 'residue', title: 'clean-up', tidies: true, run: residue },
]

export interface RunRequest {
  plan: Plan
  catalogue: Catalogue
  /** Of the record; made here. */
  folder: string
  id: string
}

/** Never throws for what happens in the run: the outcome says it. Throws only when the record cannot be made. */
export async function runExperiment(request: RunRequest, ports: RunPorts): Promise<Finished> {
  const { plan, catalogue, folder } = request
  using record = createRecord(folder, runFileOf(request, ports), ports.clock)
  const halt = new AbortController()
  const signal = AbortSignal.any([ports.signal, halt.signal])
  const acquired = new AsyncDisposableStack()
  const run: Run = {
    plan,
    catalogue,
    record,
    ports,
    acquired,
    halt,
    signal,
    windows: liveWindows(ports),
    done: new Set(),
    residue: [],
    not_undone: [],
  }
  let error: unknown
  try {
    record.journal(harnessNote())
    error = await takeSteps(run)
  } finally {
    error = await giveBack(run, error)
  }
  const outcome = outcomeOf(run, error)
  try {
    record.finish(outcome)
  } catch (unwritten) {
    error ??= unwritten
  }
  const read = run.done.has('dump')
  return { folder, outcome, error, loaded: run.load !== undefined, read, not_undone: run.not_undone }
}

/** Takes the steps in their order and returns the first error; after one only what tidies is done, and nothing after a second Ctrl-C. */
async function takeSteps(run: Run): Promise<unknown> {
  let first: unknown
  for (const step of steps) {
    const skip = first !== undefined && (step.tidies !== true || run.load === undefined || tidySignal(run).aborted)
    if (skip) continue
    try {
      await takeStep(run, step)
      // Ctrl-C between two steps, or in one that could not stop half-way; or the record could not be written.
      run.signal.throwIfAborted()
    } catch (error) {
      first ??= reasonOf(run, error)
    }
  }
  return first
}

async function takeStep(run: Run, { name, title, journal, run: work }: Step): Promise<void> {
  const { clock, progress } = run.ports
  const { begins, ends } = journal ?? { begins: name, ends: name }
  const start_ms = clock.monotonic_ms()
  const end = (text: string, ok: boolean): void =>
    progress({ kind: 'end', phase: name, text, ok, elapsed_ms: clock.monotonic_ms() - start_ms })
  progress({ kind: 'begin', phase: name, title })
  try {
    if (begins !== undefined) run.record.journal({ kind: 'phase', phase: begins, state: 'begin' })
    const text = await work(run)
    if (ends !== undefined) run.record.journal({ kind: 'phase', phase: ends, state: 'end' })
    end(text, true)
  } catch (error) {
    end(run.ports.signal.aborted ? 'interrupted' : textOf(reasonOf(run, error)).split('\n')[0]!, false)
    throw error
  }
}

async function giveBack(run: Run, error: unknown): Promise<unknown> {
  if (run.acquired.disposed) return error
  const { clock, progress } = run.ports
  const start_ms = clock.monotonic_ms()
  progress({ kind: 'begin', phase: 'clean-up', title: 'clean-up' })
  let first = error
  try {
    await run.acquired.disposeAsync()
  } catch (failed) {
    first ??= rootOf(failed)
  }
  const ok = run.not_undone.length === 0
  const text = ok ? 'nothing is left' : run.not_undone.join('; ')
  progress({ kind: 'end', phase: 'clean-up', text, ok, elapsed_ms: clock.monotonic_ms() - start_ms })
  return first
}

function outcomeOf({ ports, not_undone }: Run, error: unknown): Finished['outcome'] {
  const text = [...(error === undefined ? [] : [textOf(error)]), ...not_undone].join('; ')
  if (ports.signal.aborted) return { state: 'aborted', text: textOf(ports.signal.reason) }
  if (error instanceof Stopped) return { state: 'stopped', text }
  if (error !== undefined) return { state: 'failed', text }
  return { state: 'completed', text: text || 'all steps were taken' }
}

/** An aborted wait says only that it was aborted: the reason is what happened. */
function reasonOf({ halt }: Run, error: unknown): unknown {
  const root = rootOf(error)
  const aborted = root instanceof Error && root.name === 'AbortError'
  return halt.signal.aborted && aborted ? halt.signal.reason : root
}

/** What happened first: errors of clean-up come wrapped around it. */
function rootOf(error: unknown): unknown {
  let root = error
  while (root instanceof SuppressedError) root = root.suppressed
  return root
}

function runFileOf({ plan, catalogue, id }: RunRequest, { clock }: RunPorts): RunFile {
  return {
    schema: recordSchema,
    id,
    experiment: plan.experiment,
    design: plan.design,
    target: plan.target.name,
    seed: plan.seed,
    system: catalogue.systemOf(plan.design),
    schedule: [],
    started_at_ms: clock.wall_ms(),
    versions: { node: process.versions.node },
    machine: machine(),
    settings: {},
  }
}
