import { textOf } from '#lib/errors.ts'
import { pause, within } from '#lib/wait.ts'
import type { RunningSystem } from '../targets/target.ts'
import { background } from './background.ts'
import type { Run } from './run.ts'

const sample_limit_ms = 5000
const notes_max = 20

/**
 * Samples once a window (a second), or as often as the target bears, and keeps every event of the system, in
 * observations.jsonl. A sample that fails is noted.
 */
export function observe(run: Run, system: RunningSystem): AsyncDisposable {
  const observing = new AsyncDisposableStack()
  let notes = 0
  const note = (code: string, error: unknown): void => {
    if (++notes <= notes_max) run.record.journal({ kind: 'note', code, text: textOf(error) })
  }
  // A record that cannot be written is the end of the run, not a gap in it.
  const give_up = (error: unknown): void => run.halt.abort(error)

  const period_ms = run.windows.window_ms * (run.plan.target.sample_every ?? 1)
  const takeSamples = async (signal: AbortSignal): Promise<void> => {
    for (let due_ms = run.ports.clock.monotonic_ms(); ; due_ms += period_ms) {
      const taken = within(system.sample(), { what: 'a sample of the system', limit_ms: sample_limit_ms })
      const sample = await taken.catch((error: unknown) => (signal.aborted ? undefined : note('sample-failed', error)))
      if (sample) {
        run.sample = sample
        run.record.observe(sample)
      }
      const now_ms = run.ports.clock.monotonic_ms()
      due_ms = Math.max(due_ms, now_ms - period_ms)
      await pause(Math.max(0, due_ms + period_ms - now_ms), signal)
    }
  }
  const keepEvents = async (signal: AbortSignal): Promise<void> => {
    const events = system.events(signal)[Symbol.asyncIterator]()
    for (;;) {
      const next = await events.next().catch((error: unknown) => {
        if (!signal.aborted) note('events-lost', error)
      })
      if (next === undefined || next.done === true) return
      run.record.observe(next.value)
    }
  }
  observing.use(background(takeSamples, give_up))
  observing.use(background(keepEvents, give_up))
  return observing
}
