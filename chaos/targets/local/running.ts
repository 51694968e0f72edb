import { join } from 'node:path'
import { pause } from '#lib/wait.ts'
import type { ObservationLine } from '#reports/record/format.ts'
import type { DumpLine } from '#sut/contracts/state.ts'
import { staffFile } from '#sut/deployment/secrets.ts'
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
  void beat(control, session, lease_ms, done.signal)

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
    versions: file.versions,
    settings: file.settings,
    faults: faultPort(control, file, session),
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

/** The dead-man's switch: when this stops, for whatever reason, so does what it holds. */
async function beat(control: ControlClient, session: string, lease_ms: number, signal: AbortSignal): Promise<void> {
  if (lease_ms === 0) return
  while (!signal.aborted) {
    await pause(lease_ms / 4, signal).catch(() => undefined)
    // One that is missed is made up for by the next; what is really lost shows in the next question.
    if (!signal.aborted) await control.call('session-heartbeat', { session }).catch(() => undefined)
  }
}
