import { Failure, textOf } from '#lib/errors.ts'
import { random } from '#lib/random.ts'
import { arrivalsBetween } from '#reports/record/schedule.ts'
import { WaitedTooLong, waitFor } from '#lib/wait.ts'
import { steadyState as probe } from '../probes/steady-state.ts'
import type { Load } from './load.ts'
import type { Run } from './run.ts'
import { loadOf, systemOf } from './run.ts'

// The steps `load`, `steady-state` and `stop-load`.

export async function startLoad(run: Run): Promise<string> {
  const { plan, ports, record, windows } = run
  const system = systemOf(run)
  const { mix, profile, rate_per_s, players } = plan.experiment.load
  const load = await ports.startLoad({
    folder: record.folder,
    mix,
    profile,
    rate_per_s,
    players,
    duration_s: plan.load_s,
    seed: random(plan.seed).fork('load').seed,
    gateways: system.gateways,
    authority_file: system.authority_file,
    accounts_file: system.accounts_file,
    trace_key_file: system.trace_key_file,
    operation: (operation) => windows.add(operation),
    guard: (pid) => system.guard(pid),
    progress: (text) => ports.progress({ kind: 'status', text }),
    signal: run.signal,
  })
  run.load = load
  run.acquired.use(load)
  const since_s = (at_ms: number): number => (at_ms - load.started_at_ms) / 1000
  windows.expect((from_ms, to_ms) => arrivalsBetween(load.schedule, since_s(from_ms), since_s(to_ms)))
  record.update({ schedule: load.schedule })
  void watchEnd(run, load)
  return `${rate_per_s} arrivals/s, ${players} players (${Object.keys(mix).join(', ')}), profile ${profile}`
}

async function watchEnd({ plan, done, halt }: Run, load: Load): Promise<void> {
  try {
    await load.ended
    // With faults the load is longer than the longest run: that it ended means that nobody asks any more.
    if (plan.experiment.faults.length > 0 && !done.has('stop-load'))
      halt.abort(new Failure('LOAD_FAILED', 'the load ended too early'))
  } catch (error) {
    halt.abort(error)
  }
}

/** Waits until the steady state holds; throws STEADY_STATE_MISSED at its limit: nothing can be said about a fault then. */
export async function steadyState(run: Run): Promise<string> {
  const { experiment } = run.plan
  const { started_at_ms, warm_up_s } = loadOf(run)
  const { for_s, limit_s } = experiment.steady_state
  const from_ms = started_at_ms + warm_up_s * 1000
  const now = () => probe(run.windows, experiment.steady_state, { from_ms, now_ms: run.ports.clock.wall_ms() })
  const steady = (): boolean => {
    const { steady: reached, text } = now()
    run.ports.progress({ kind: 'status', text })
    return reached
  }
  try {
    const limit_ms = (warm_up_s + Math.max(limit_s, for_s + 1)) * 1000
    await waitFor(steady, {
      what: 'the steady state',
      limit_ms,
      every_ms: run.windows.window_ms / 4,
      signal: run.signal,
    })
  } catch (error) {
    if (!(error instanceof WaitedTooLong)) throw error
    const { success_rate_min, p99_ms_max } = experiment.steady_state
    const wanted = `${success_rate_min * 100} % good and p99 ${p99_ms_max} ms over ${for_s} s`
    throw new Failure('STEADY_STATE_MISSED', `no steady state within ${limit_s} s: ${now().text}; wanted ${wanted}`)
  }
  return now().text
}

/** Also the end of the journal's phase `load`, which the step that started it has begun. */
export async function stopLoad(run: Run): Promise<string> {
  run.done.add('stop-load')
  try {
    await loadOf(run).stop()
  } catch (error) {
    throw error instanceof Failure ? error : new Failure('LOAD_FAILED', textOf(error), { cause: error })
  }
  return `${run.windows.count()} operations`
}
