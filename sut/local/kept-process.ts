import { textOf } from '#lib/errors.ts'
import { killTree, signalProcess } from '#lib/process.ts'
import { type BackOff, type BackOffSettings, afterCrash } from './back-off.ts'
import type { SystemContext } from './context.ts'
import { type OwnedProcess, textOfExit } from './processes.ts'

// A process that is restarted when it ends, as the kubelet does it.
//
//   start ──► running ──exit──► back-off ──► running …
//               │ hold             release │
//               └──────► held ─────────────┘          end: SIGTERM, then SIGKILL, never again

export interface KeptOptions {
  name: string
  service?: string
  region?: string
  /** May wait for something first (Redis asks the Sentinels who leads); not longer than a few seconds. */
  launch: () => Promise<OwnedProcess> | OwnedProcess
  /** After each change of phase. */
  changed?: () => void
}

export type KeptContext = Pick<SystemContext, 'observe' | 'clock' | 'ending'> & { settings: BackOffSettings }

export interface KeptProcess {
  readonly name: string
  readonly region: string | undefined
  phase(): 'running' | 'back-off' | 'held' | 'ended'
  process(): OwnedProcess | null
  restarts(): number
  start(): Promise<void>
  /** SIGKILL; the back-off decides when it comes back. Null when there is no process. */
  kill(): { subject: string; pid: number; start_ticks: number } | null
  /** SIGKILL, and down until `release`. */
  hold(): ReturnType<KeptProcess['kill']>
  release(): Promise<void>
  /** Resolves when it is gone for good. */
  end(grace_ms: number): Promise<void>
}

export function keepRunning({ settings, observe, clock, ending }: KeptContext, options: KeptOptions): KeptProcess {
  const { name } = options
  const about = {
    ...(options.service !== undefined && { service: options.service }),
    ...(options.region !== undefined && { region: options.region }),
  }
  let phase: ReturnType<KeptProcess['phase']> = 'held'
  let current: OwnedProcess | null = null
  let restarts = 0
  let backOff: BackOff = { crashes: 0 }
  let timer: NodeJS.Timeout | undefined

  const enter = (next: typeof phase): void => {
    phase = next
    options.changed?.()
  }
  const launch = async (): Promise<void> => {
    enter('running')
    try {
      const launched = await options.launch()
      if (phase !== 'running') return void killTree(launched)
      current = launched
      observe.event('started', name, { ...about, detail: `pid ${launched.pid}` })
      void launched.exited.then((exit) => exitedWith(launched, textOfExit(exit)))
    } catch (error) {
      exitedWith(null, textOf(error))
    }
  }
  const exitedWith = (process: OwnedProcess | null, detail: string): void => {
    if (process !== current) return
    current = null
    if (ending.aborted) return
    observe.event('exited', name, { ...about, detail })
    if (phase !== 'running') return options.changed?.()
    const ran_ms = process === null ? 0 : clock.monotonic_ms() - process.started_at_ms
    const next = afterCrash(backOff, ran_ms, settings)
    backOff = next
    restarts++
    if (next.wait_ms === 0) return void launch()
    observe.event('back-off', name, { ...about, detail: `${next.wait_ms / 1000} s` })
    // timer: the back-off itself
    timer = setTimeout(() => void launch(), next.wait_ms)
    enter('back-off')
  }
  const kill = (): ReturnType<KeptProcess['kill']> => {
    if (current === null || !killTree(current)) return null
    return { subject: name, pid: current.pid, start_ticks: current.start_ticks }
  }

  return {
    name,
    region: options.region,
    phase: () => phase,
    process: () => current,
    restarts: () => restarts,
    kill,
    async start() {
      observe.event('scheduled', name, about)
      await launch()
    },
    hold() {
      clearTimeout(timer)
      if (phase !== 'ended') enter('held')
      return kill()
    },
    async release() {
      if (phase !== 'held') return
      restarts++
      backOff = { crashes: 0 }
      observe.event('scheduled', name, about)
      await launch()
    },
    async end(grace_ms) {
      clearTimeout(timer)
      enter('ended')
      const last = current
      if (last === null) return
      signalProcess(last, 'SIGTERM')
      // timer: the grace between SIGTERM and SIGKILL
      const killer = setTimeout(() => killTree(last), grace_ms)
      await last.exited
      clearTimeout(killer)
    },
  }
}
