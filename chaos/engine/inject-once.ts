import { Failure, textOf } from '#lib/errors.ts'
import { random } from '#lib/random.ts'
import { pause } from '#lib/wait.ts'
import { recordSchema, type RunFile } from '#reports/record/format.ts'
import { createRecord, type RecordWriter } from '#reports/record/writer.ts'
import type { Fault } from '../faults/fault.ts'
import type { RunningSystem } from '../targets/target.ts'
import { startHolds } from './hold.ts'
import { inject } from './injection.ts'
import { harnessNote, systemNote } from './journal-notes.ts'
import { machine } from './machine.ts'
import { seconds, type RunPorts } from './run.ts'

const look_every_ms = 500
const tick_ms = 250

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
 * the target reverts it by itself when this process dies. Ctrl-C ends the hold early. Throws NOT_UNDONE when it stays, and
 * FAULT_STOPPED_BITING or LEASE_EXPIRED when it was not held for as long as it should have been.
 */
export async function injectOnce(request: InjectOnceRequest, ports: Omit<RunPorts, 'startLoad'>): Promise<void> {
  const { folder, id, system } = request
  const { clock } = ports
  using record = createRecord(folder, runFileOf(request, clock.wall_ms()), clock)
  record.journal(harnessNote())
  record.journal(systemNote(system.id))
  const not_undone: string[] = []
  const signal = AbortSignal.any([ports.signal, system.lost])
  let error: unknown
  try {
    await injectAndHold(request, { ...ports, signal }, record, not_undone)
    system.lost.throwIfAborted()
  } catch (failed) {
    if (!ports.signal.aborted) error = system.lost.aborted ? system.lost.reason : failed
  }
  const state = ports.signal.aborted ? 'aborted' : error === undefined ? 'completed' : 'failed'
  const what = error === undefined ? `${id} was held and reverted` : textOf(error)
  record.finish({ state, text: not_undone.join('; ') || what })
  if (not_undone.length > 0) throw new Failure('NOT_UNDONE', not_undone.join('; '))
  if (error !== undefined) throw error
}

async function injectAndHold(
  { system, fault, parameters, hold_s, seed }: InjectOnceRequest,
  { clock, progress, signal }: Omit<RunPorts, 'startLoad'>,
  record: RecordWriter,
  not_undone: string[],
): Promise<void> {
  await using acquired = new AsyncDisposableStack()
  const context = {
    random: random(seed),
    sample: await system.sample(),
    port: system.faults,
    system: system.descriptor,
  }
  const journal = (line: Parameters<typeof record.journal>[0]): void => record.journal(line)
  await using holds = startHolds({ clock, signal, look_every_ms })
  const injection = await inject({ fault, parameters, trial: 1, context, journal, acquired, not_undone, signal })
  progress({ kind: 'note', text: injection.evidence })
  holds.add(injection, hold_s)
  const ended = holds.ended().then(() => true)
  for (let over = false; !over;) {
    progress({
      kind: 'status',
      text: `holding, ${seconds(Math.max(0, holds.until_ms() - clock.monotonic_ms()))} left`,
    })
    over = await Promise.race([ended, pause(tick_ms).then(() => false)])
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
