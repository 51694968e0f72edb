import { Failure } from '#lib/errors.ts'
import { random } from '#lib/random.ts'
import { pause } from '#lib/wait.ts'
import { recordSchema, type RunFile } from '#reports/record/format.ts'
import { createRecord } from '#reports/record/writer.ts'
import type { Fault } from '../faults/fault.ts'
import type { RunningSystem } from '../targets/target.ts'
import { inject } from './injection.ts'
import { harnessNote, systemNote } from './journal-notes.ts'
import { machine } from './machine.ts'
import { seconds, type RunPorts } from './run.ts'

export interface InjectOnceRequest {
  system: RunningSystem
  target: string
  design: string
  fault: Fault
  /** Validated. */
  parameters: Record<string, unknown>
  hold_s: number
  seed: string
  folder: string
  id: string
}

/**
 * One fault in a system that runs already: injected, held, reverted. It has a journal like any run, so `recover` finds it, and
 * the target reverts it by itself when this process dies. Ctrl-C ends the hold early. Throws NOT_UNDONE when it stays.
 */
export async function injectOnce(request: InjectOnceRequest, ports: Omit<RunPorts, 'startLoad'>): Promise<void> {
  const { system, fault, parameters, hold_s, seed, folder, id } = request
  const { clock, progress, signal } = ports
  using record = createRecord(folder, runFileOf(request, clock.wall_ms()), clock)
  record.journal(harnessNote())
  record.journal(systemNote(system.id))
  const not_undone: string[] = []
  {
    await using acquired = new AsyncDisposableStack()
    const context = {
      random: random(seed),
      sample: await system.sample(),
      port: system.faults,
      system: system.descriptor,
    }
    const journal = (line: Parameters<typeof record.journal>[0]): void => record.journal(line)
    const use = { fault, parameters, trial: 1, context, journal, acquired, not_undone, signal }
    const { evidence } = await inject(use)
    progress({ kind: 'note', text: evidence })
    await hold(hold_s, ports)
    progress({ kind: 'note', text: 'reverting' })
  }
  const state = signal.aborted ? 'aborted' : 'completed'
  record.finish({ state, text: not_undone.join('; ') || `${id} was held and reverted` })
  if (not_undone.length > 0) throw new Failure('NOT_UNDONE', not_undone.join('; '))
}

async function hold(hold_s: number, { clock, progress, signal }: Omit<RunPorts, 'startLoad'>): Promise<void> {
  const until_ms = clock.monotonic_ms() + hold_s * 1000
  while (!signal.aborted) {
    const left_ms = until_ms - clock.monotonic_ms()
    if (left_ms <= 0) return
    progress({ kind: 'status', text: `holding, ${seconds(left_ms)} left` })
    await pause(Math.min(left_ms, 250), signal).catch(() => undefined)
  }
}

function runFileOf(
  { system, target, design, fault, parameters, hold_s, seed, id }: InjectOnceRequest,
  started_at_ms: number,
): RunFile {
  return {
    schema: recordSchema,
    id,
    experiment: { name: 'inject', title: fault.title, faults: [{ fault: fault.name, parameters, hold_s }] },
    design,
    target,
    seed,
    system: system.descriptor,
    schedule: [],
    started_at_ms,
    versions: { node: process.versions.node, ...system.versions },
    machine: machine(),
    settings: system.settings,
  }
}
