import { missing } from '#chaos/probes/whole.ts'
import { Failure, textOf } from '#lib/errors.ts'
import { WaitedTooLong, waitFor } from '#lib/wait.ts'
import type { SystemDescriptor } from '#sut/contracts/descriptor.ts'
import type { Api } from './access/api.ts'
import { type ClusterEvent, type Listed, type Pod, conditionOf, isTrue, mainStatus } from './access/objects.ts'
import type { Reached } from './running.ts'

const start_limit_ms = 240_000
const restarts_max = 5
const tail_lines = 15

/** What a pod that is not ready waits for, in a few words. */
export function podText(pod: Pod): string {
  const { name } = pod.metadata
  const main = mainStatus(pod)
  const scheduled = conditionOf(pod, 'PodScheduled')
  if (scheduled?.status === 'False') return `${name} is not scheduled: ${scheduled.message ?? scheduled.reason ?? ''}`
  const waiting = main?.state?.waiting
  if (waiting !== undefined) return `${name} waits: ${waiting.reason ?? ''} ${waiting.message ?? ''}`.trim()
  const ended = main?.state?.terminated
  if (ended !== undefined) return `${name} has ended: ${ended.reason ?? `exit code ${ended.exitCode}`}`
  return `${name} is not ready${(main?.restartCount ?? 0) > 0 ? `, restarted ${main?.restartCount} times` : ''}`
}

/** No use in waiting: what it lacks does not come by itself. */
export function hopeless(pod: Pod): boolean {
  const main = mainStatus(pod)
  const reason = main?.state?.waiting?.reason ?? ''
  if (/^(ErrImageNeverPull|InvalidImageName|CreateContainerConfigError|RunContainerError)$/.test(reason)) return true
  return (main?.restartCount ?? 0) >= restarts_max
}

/**
 * Waits until so many pods are there, every one is ready and, if `whole`, every store has its leader and every service its replicas.
 * Throws SYSTEM_START_FAILED, which says what is not, and why.
 */
export async function untilReady(
  { api, view, sampler }: Reached,
  namespace: string,
  { descriptor, pods_min, whole }: { descriptor: SystemDescriptor; pods_min: number; whole: boolean },
  { progress, signal }: { progress: (text: string) => void; signal: AbortSignal },
): Promise<void> {
  let lacking: string[] = []
  const notReady = (): Pod[] =>
    view.pods().filter((pod) => !isTrue(pod, 'Ready') && pod.metadata.deletionTimestamp === undefined)
  const ready = async (): Promise<boolean> => {
    const waiting = notReady()
    const failed = waiting.find(hopeless)
    if (failed !== undefined) throw new Error(`${failed.metadata.name} does not start`)
    lacking = waiting.map(podText)
    const pods = view.pods().length
    progress(`${pods - waiting.length} of ${pods} pods are ready …`)
    if (pods < pods_min || waiting.length > 0) return false
    if (!whole) return true
    lacking = missing(await sampler.sample(), descriptor)
    return lacking.length === 0
  }
  try {
    await waitFor(ready, { what: 'the system to be ready', limit_ms: start_limit_ms, every_ms: 500, signal })
  } catch (error) {
    signal.throwIfAborted()
    const text = error instanceof WaitedTooLong ? `not ready after ${start_limit_ms / 1000} s` : textOf(error)
    const [first] = [...notReady().filter(hopeless), ...notReady()]
    const details = first === undefined ? '' : await detailsOf(api, namespace, first)
    throw new Failure(
      'SYSTEM_START_FAILED',
      [text, ...lacking.slice(0, 5).map((each) => `  ${each}`), details].join('\n'),
      {
        cause: error,
      },
    )
  }
}

async function detailsOf(api: Api, namespace: string, pod: Pod): Promise<string> {
  const { name } = pod.metadata
  const path = `/api/v1/namespaces/${namespace}`
  const events = await api
    .call<Listed<ClusterEvent>>('GET', `${path}/events?fieldSelector=involvedObject.name%3D${name}`)
    .then(({ items }) => items.filter(({ type }) => type === 'Warning').slice(-3))
    .catch(() => [])
  const log = async (query: string): Promise<string> =>
    api.text(`${path}/pods/${name}/log?tailLines=${tail_lines}${query}`)
  const restarted = (mainStatus(pod)?.restartCount ?? 0) > 0
  const tail = await log(restarted ? '&previous=true' : '').catch(() => '')
  return [
    ...events.map(({ reason, message }) => `  ${reason}: ${message}`),
    ...(tail === '' ? [] : [`--- end of the log of ${name}`, tail.trimEnd()]),
  ].join('\n')
}
