import { join } from 'node:path'
import { type Clock, systemClock } from '#lib/clock.ts'
import { Failure, textOf } from '#lib/errors.ts'
import { pause } from '#lib/wait.ts'
import type { ObservationLine } from '#reports/record/format.ts'
import type { DumpLine } from '#sut/contracts/state.ts'
import { staffFile, traceKeyFile } from '#sut/deployment/secrets.ts'
import type { SystemFile } from '#sut/local/request.ts'
import type { RunningSystem } from '../target.ts'
import { type ControlClient, controlClient } from './control-client.ts'
import { endFromOutside } from './ending.ts'
import { faultPort } from './fault-port.ts'
import { socketOf, systemFolder } from './state.ts'

export interface RunningOptions {
  session: string
  lease_ms: number
  /** It was started by this command, with a lease: it ends when it is disposed of. */
  owned: boolean
}

/** A system as the harness sees it; says that the harness lives, four times within its lease. */
export function runningSystem(file: SystemFile, { session, lease_ms, owned }: RunningOptions): RunningSystem {
  const control = controlClient(file.id, socketOf(file.id))
  const done = new AbortController()
  const lost = new AbortController()
  void beat({ control, session, lease_ms }, done.signal, (reason) => lost.abort(reason))

  const close = async (end: () => Promise<unknown>): Promise<void> => {
    done.abort() // whoever reads events reads to the end, not to an error
    await end()
    await control.close()
  }
  let ended: Promise<void> | undefined
  const down = (): Promise<void> => (ended ??= close(() => endFromOutside(file, control)))
  // When it cannot be told that we go, the lease runs out.
  const leave = (): Promise<void> =>
    (ended ??= close(() => control.call('session-close', { session }).catch(() => undefined)))
  return {
    id: file.id,
    descriptor: file.descriptor,
    gateways: file.gateways,
    authority_file: file.authority_file,
    accounts_file: join(systemFolder(file.id), staffFile),
    trace_key_file: join(systemFolder(file.id), traceKeyFile),
    versions: file.versions,
    settings: file.settings,
    faults: faultPort(control, file, session),
    lost: lost.signal,
    sample: () => control.call('sample', {}),
    events: (signal) => control.stream<ObservationLine>('/events', AbortSignal.any([signal, done.signal])),
    async guard(pid) {
      await control.call('guard', { pid })
    },
    pending: () => control.call('pending', {}),
    dump: () => control.stream<DumpLine>('/dump'),
    down,
    [Symbol.asyncDispose]: owned ? down : leave,
  }
}

interface Lease {
  control: Pick<ControlClient, 'call'>
  session: string
  lease_ms: number
}

/**
 * The dead-man's switch: when this stops, for whatever reason, so does what it holds. A beat that is missed is made up for by
 * the next; when the daemon says that it was too late, or nothing has been heard of it for a whole lease, that is told.
 */
export async function beat(
  { control, session, lease_ms }: Lease,
  signal: AbortSignal,
  lost: (reason: Failure) => void,
  clock: Clock = systemClock,
): Promise<void> {
  if (lease_ms === 0) return
  let heard_ms = clock.monotonic_ms()
  while (!signal.aborted) {
    await pause(lease_ms / 4, signal).catch(() => undefined)
    if (signal.aborted) return
    const sent_ms = clock.monotonic_ms()
    const error = await control.call('session-heartbeat', { session }).then(() => null, asFailure)
    if (signal.aborted) return
    if (error === null) heard_ms = sent_ms
    // The daemon answers: the session is over. It does not: its own clock runs, and ours says when it has run out.
    const silent_ms = clock.monotonic_ms() - heard_ms
    if (error?.code === 'LEASE_EXPIRED') return lost(tooLate(silent_ms, lease_ms, error.message))
    if (error !== null && silent_ms >= lease_ms) return lost(tooLate(silent_ms, lease_ms, error.message))
  }
}

const tooLate = (silent_ms: number, lease_ms: number, text: string): Failure =>
  new Failure(
    'LEASE_EXPIRED',
    `the harness was not heard for ${(silent_ms / 1000).toFixed(1)} s, and its lease is ${lease_ms / 1000} s: ${text}`,
  )

const asFailure = (error: unknown): Failure =>
  error instanceof Failure ? error : new Failure('SYSTEM_LOST', textOf(error), { cause: error })
