import { random } from '#lib/random.ts'
import { pause } from '#lib/wait.ts'
import { recovered } from '../probes/recovered.ts'
import { stopCondition } from '../probes/stop-condition.ts'
import { missing } from '../probes/whole.ts'
import { isGood } from '../probes/windows.ts'
import { background } from './background.ts'
import { type Holds, startHolds } from './hold.ts'
import { inject } from './injection.ts'
import type { Run } from './run.ts'
import { Stopped, loadOf, seconds, systemOf } from './run.ts'

// The step `trials`. One trial:
//
//   plan → inject → effective ── hold ──► revert ── windows within the SLO for good_s, and all replicas back ──► recovered
//                                                └─────────────────────── limit_s ────────────────────────────► limit

const tickOf = ({ windows }: Run): number => windows.window_ms / 4

export async function trials(run: Run): Promise<string> {
  const { experiment } = run.plan
  await using watching = new AsyncDisposableStack()
  watching.use(background((signal) => watchStopCondition(run, signal), run.halt.abort.bind(run.halt)))
  const ends: string[] = []
  for (let trial = 1; trial <= experiment.trials; trial++) {
    const { record } = run
    record.journal({ kind: 'phase', phase: 'trial', trial, state: 'begin' })
    record.journal({ kind: 'trial', trial, state: 'begin' })
    const { state, ago_ms } = experiment.faults.length > 0 ? await faultTrial(run, trial) : await loadTrial(run)
    record.journal({ kind: 'trial', trial, state }, ago_ms)
    record.journal({ kind: 'phase', phase: 'trial', trial, state: 'end' })
    ends.push(state)
  }
  const good = ends.filter((end) => end === 'recovered').length
  return `${good} of ${ends.length} ${experiment.faults.length > 0 ? 'recovered' : 'ended within the SLO'}`
}

async function watchStopCondition(run: Run, signal: AbortSignal): Promise<void> {
  const check = stopCondition(run.windows, run.plan.experiment.stop)
  for (;;) {
    const reason = check(run.ports.clock.wall_ms())
    if (reason !== null) return run.halt.abort(new Stopped(reason))
    await pause(run.windows.window_ms, signal)
  }
}

interface End {
  state: 'recovered' | 'limit'
  /** How long ago the part of the trial ended that can be judged. */
  ago_ms: number
}

// Of the newest two windows nobody knows yet how all that was asked in them ends: a trial ends before them.
const judgedBefore_ms = ({ windows }: Run): number => 2 * windows.window_ms

async function faultTrial(run: Run, trial: number): Promise<End> {
  const { plan, ports, record } = run
  const { faults } = plan.experiment
  await using injected = new AsyncDisposableStack()
  const { faults: port, descriptor: system } = systemOf(run)
  await using holds = startHolds({ clock: ports.clock, signal: run.signal, look_every_ms: run.windows.window_ms / 2 })
  const signal = AbortSignal.any([run.signal, holds.signal])
  for (const [index, { fault, parameters, hold_s }] of faults.entries()) {
    const choices = random(plan.seed).fork(`trial-${trial}`).fork(`fault-${index}`)
    const sample = await systemOf(run).sample()
    const injection = await inject({
      fault: run.catalogue.faults[fault]!,
      parameters,
      trial,
      context: { random: choices, sample, port, system },
      journal: (line) => record.journal(line),
      acquired: injected,
      not_undone: run.not_undone,
      signal,
    })
    holds.add(injection, hold_s)
    ports.progress({ kind: 'note', text: `trial ${trial}: ${fault} on ${injection.targets.join(', ')}` })
  }
  await holding(run, trial, holds)
  await injected.disposeAsync()
  return watchRecovery(run, trial)
}

async function holding(run: Run, trial: number, holds: Holds): Promise<void> {
  const ended = holds.ended().then(() => true)
  let over = false
  while (!over) {
    const left_ms = Math.max(0, holds.until_ms() - run.ports.clock.monotonic_ms())
    const text = `trial ${trial}: holding, ${seconds(left_ms)} left; ${lastSecond(run)}`
    run.ports.progress({ kind: 'status', text })
    over = await Promise.race([ended, pause(tickOf(run), run.signal).then(() => false)])
  }
}

/**
 * Whole again is waited for as well, so that trials are independent of each other and the record has the way back of every
 * replica; but only the clients decide what counts: when they are served at the limit, it is `recovered`, with a note.
 */
async function watchRecovery(run: Run, trial: number): Promise<End> {
  const { clock } = run.ports
  const { good_s, limit_s } = run.plan.experiment.recovery
  const { descriptor } = systemOf(run)
  const from_ms = clock.wall_ms()
  const begin_ms = clock.monotonic_ms()
  let whole_since_ms: number | null = null
  for (;;) {
    const now_ms = clock.wall_ms()
    const served = recovered(run.windows, descriptor.slo, { good_s, from_ms, now_ms })
    // A sample from before the revert may still show the system as it was.
    const lacking = (run.sample?.at_ms ?? 0) < from_ms ? ['a sample'] : missing(run.sample!, descriptor)
    whole_since_ms = lacking.length > 0 ? null : (whole_since_ms ?? now_ms)
    const ago_ms = Math.min(judgedBefore_ms(run), now_ms - from_ms)
    if (served && whole_since_ms !== null && now_ms - whole_since_ms >= ago_ms) return { state: 'recovered', ago_ms }
    const over = clock.monotonic_ms() - begin_ms >= limit_s * 1000
    if (over && served && lacking.length > 0)
      run.record.journal({ kind: 'note', code: 'not-whole', text: `trial ${trial}: ${lacking.join(', ')}` })
    if (over) return { state: served ? 'recovered' : 'limit', ago_ms }
    const waiting = lacking.length > 0 ? `not back: ${lacking.slice(0, 3).join(', ')}` : 'waiting for good seconds'
    run.ports.progress({ kind: 'status', text: `trial ${trial}: ${waiting}; ${lastSecond(run)}` })
    await pause(tickOf(run), run.signal)
  }
}

/** Without faults the whole load is the trial. */
async function loadTrial(run: Run): Promise<End> {
  const { clock, progress } = run.ports
  const { good_s } = run.plan.experiment.recovery
  const begin_ms = clock.monotonic_ms()
  const end = loadOf(run).ended.then(
    () => true,
    () => true,
  )
  const limit_ms = begin_ms + (run.plan.load_s + loadOf(run).warm_up_s + 60) * 1000
  let ended = false
  while (!ended && clock.monotonic_ms() < limit_ms) {
    progress({ kind: 'status', text: `${seconds(clock.monotonic_ms() - begin_ms)}; ${lastSecond(run)}` })
    ended = await Promise.race([end, pause(tickOf(run), run.signal).then(() => false)])
  }
  run.signal.throwIfAborted()
  const last = run.windows.last(good_s, clock.wall_ms())
  const { slo } = systemOf(run).descriptor
  return { state: isGood(last, slo) === false ? 'limit' : 'recovered', ago_ms: 0 }
}

function lastSecond(run: Run): string {
  const { operations, failed, p99_ms } = run.windows.last(1, run.ports.clock.wall_ms())
  const ready = run.sample?.instances.filter(({ state }) => state === 'ready').length ?? 0
  return `${operations}/s, ${failed} failed, p99 ${Math.round(p99_ms)} ms, ${ready} instances ready`
}
