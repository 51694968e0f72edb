import type { InstanceSample } from '#reports/record/format.ts'
import type { EventLine } from '#reports/record/observations.ts'
import { type Pod, conditionOf, isInstance, isTrue, mainStatus, regionOf, workloadOf } from '../access/objects.ts'

// What a pod's status says, in the words of the record:
//
//   (new) ─► scheduled ─► started ─► ready ─► routed (endpoints.ts)
//   exited ─► back-off ─► started …        not-ready        stopping ─► stopped

export type PodEvent = Pick<EventLine, 'event' | 'detail'>

/** The pod's own part of the event line: service and region for an instance, region alone for a node of a store. */
export function aboutPod(pod: Pod): Pick<EventLine, 'service' | 'region'> {
  const region = regionOf(pod)
  return { ...(isInstance(pod) && { service: workloadOf(pod)! }), ...(region !== undefined && { region }) }
}

/** An instance is called by its pod; a node of a store by its place, as on every target: postgres-a. */
export function subjectOf(pod: Pod): string {
  const region = regionOf(pod)
  return isInstance(pod) || region === undefined ? pod.metadata.name : `${workloadOf(pod)}-${region}`
}

/** What happened between two looks at the same pod; `before` undefined: it is new, `after` undefined: it is gone. */
export function podEvents(before: Pod | undefined, after: Pod | undefined): PodEvent[] {
  if (after === undefined) return before === undefined ? [] : [{ event: 'stopped' }]
  const events: PodEvent[] = []
  const add = (event: string, detail?: string): void =>
    void events.push({ event, ...(detail !== undefined && { detail }) })
  if (!isTrue(before, 'PodScheduled') && isTrue(after, 'PodScheduled')) add('scheduled', after.spec?.nodeName)
  if (conditionOf(after, 'PodScheduled')?.reason === 'Unschedulable' && !wasUnschedulable(before))
    add('unschedulable', conditionOf(after, 'PodScheduled')?.message)
  events.push(...containerEvents(before, after))
  const was_ready = isTrue(before, 'Ready')
  const is_ready = isTrue(after, 'Ready')
  if (!was_ready && is_ready) add('ready')
  const ended = events.some(({ event }) => event === 'exited')
  if (was_ready && !is_ready && !ended) add('not-ready', conditionOf(after, 'Ready')?.reason)
  if (before?.metadata.deletionTimestamp === undefined && after.metadata.deletionTimestamp !== undefined)
    add('stopping')
  return events
}

const wasUnschedulable = (pod: Pod | undefined): boolean => conditionOf(pod, 'PodScheduled')?.reason === 'Unschedulable'

function containerEvents(before: Pod | undefined, after: Pod): PodEvent[] {
  const events: PodEvent[] = []
  const was = mainStatus(before)
  const is = mainStatus(after)
  const restarts = (is?.restartCount ?? 0) - (was?.restartCount ?? 0)
  const running = is?.state?.running
  const ended = is?.state?.terminated ?? (restarts > 0 ? is?.lastState?.terminated : undefined)
  const was_up = was?.state?.running !== undefined
  if (was_up && ended !== undefined) events.push({ event: 'exited', detail: textOfEnd(ended) })
  const waiting = is?.state?.waiting
  if (waiting?.reason === 'CrashLoopBackOff' && was?.state?.waiting?.reason !== 'CrashLoopBackOff')
    events.push({ event: 'back-off', detail: waiting.message?.split(' restarting')[0] ?? waiting.reason })
  if (running !== undefined && (!was_up || was?.containerID !== is?.containerID))
    events.push({ event: 'started', ...(restarts > 0 && { detail: `restart ${is?.restartCount}` }) })
  return events
}

function textOfEnd({ exitCode, signal, reason }: { exitCode: number; signal?: number; reason?: string }): string {
  if (reason === 'OOMKilled') return reason
  const number = signal ?? (exitCode > 128 ? exitCode - 128 : 0)
  return number === 9 ? 'SIGKILL' : number > 0 ? `signal ${number}` : `exit code ${exitCode}`
}

/** `silent`: it has not answered its operations port for a while, whatever its status still says. */
export function stateOfPod(pod: Pod, ever_ready: boolean, silent: boolean): InstanceSample['state'] {
  if (pod.metadata.deletionTimestamp !== undefined) return 'stopping'
  const main = mainStatus(pod)
  if (main?.state?.waiting?.reason === 'CrashLoopBackOff') return 'back-off'
  if (isTrue(pod, 'Ready')) return silent ? 'not-ready' : 'ready'
  if (pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded') return 'stopped'
  return ever_ready && main?.state?.running !== undefined ? 'not-ready' : 'starting'
}
