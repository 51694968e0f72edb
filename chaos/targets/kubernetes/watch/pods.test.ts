import { expect, test } from 'vitest'
import type { ContainerStatus, Pod } from '../access/objects.ts'
import { podEvents, stateOfPod, subjectOf } from './pods.ts'

type State = NonNullable<ContainerStatus['state']>

/** As the API server shows a pod of the wallet, cut to what is read. */
function pod(more: {
  ready?: boolean
  scheduled?: boolean
  state?: State
  restarts?: number
  id?: string
  last?: ContainerStatus['lastState']
  deleted?: boolean
  workload?: string
}): Pod {
  const { ready = false, scheduled = true, state, restarts = 0, id = 'containerd://1', workload = 'wallet' } = more
  return {
    metadata: {
      name: `${workload}-a-6d4cf56db6-x2x7q`,
      labels: { 'slot-chaos/system': 's', 'slot-chaos/service': workload, 'slot-chaos/region': 'a' },
      ...(more.deleted === true && { deletionTimestamp: '2026-02-11T09:30:00Z' }),
    },
    spec: { nodeName: 'slot-chaos-worker', containers: [{ name: workload }] },
    status: {
      phase: 'Running',
      conditions: [
        { type: 'PodScheduled', status: scheduled ? 'True' : 'False' },
        { type: 'Ready', status: ready ? 'True' : 'False', reason: 'ContainersNotReady' },
      ],
      containerStatuses: [
        {
          name: workload,
          restartCount: restarts,
          containerID: id,
          ...(state && { state }),
          ...(more.last && { lastState: more.last }),
        },
      ],
    },
  }
}
const running: State = { running: { startedAt: '2026-02-11T09:29:00Z' } }
const killed = { exitCode: 137, reason: 'Error', finishedAt: '2026-02-11T09:30:00Z' }
const waiting = (reason: string): State => ({
  waiting: { reason, message: 'back-off 10s restarting failed container=wallet pod=wallet-a' },
})
const told = (before: Pod | undefined, after: Pod | undefined): string[] =>
  podEvents(before, after).map(({ event, detail }) => (detail === undefined ? event : `${event} (${detail})`))

test('a new pod is scheduled, started and ready, each told once', () => {
  const steps = [
    pod({ scheduled: false }),
    pod({ state: waiting('ContainerCreating') }),
    pod({ state: running }),
    pod({ state: running, ready: true }),
    pod({ state: running, ready: true }),
  ]
  const all = steps.map((step, index) => told(steps[index - 1], step))
  expect(all).toEqual([[], ['scheduled (slot-chaos-worker)'], ['started'], ['ready'], []])
})

test('a killed process has exited, and waits before it starts again', () => {
  const before = pod({ state: running, ready: true })
  const ended = pod({ state: { terminated: killed } })
  expect(told(before, ended)).toEqual(['exited (SIGKILL)'])
  const backOff = pod({ state: waiting('CrashLoopBackOff'), last: { terminated: killed } })
  expect(told(ended, backOff)).toEqual(['back-off (back-off 10s)'])
  const again = pod({ state: running, restarts: 1, id: 'containerd://2', last: { terminated: killed } })
  expect(told(backOff, again)).toEqual(['started (restart 1)'])
})

test('when the kubelet tells the end and the new start at once, both are told', () => {
  const before = pod({ state: running, ready: true })
  const after = pod({ state: running, restarts: 1, id: 'containerd://2', last: { terminated: killed } })
  expect(told(before, after)).toEqual(['exited (SIGKILL)', 'started (restart 1)'])
})

test('an instance that fails its probe is not ready; one whose machine is silent too', () => {
  expect(told(pod({ state: running, ready: true }), pod({ state: running }))).toEqual([
    'not-ready (ContainersNotReady)',
  ])
})

test('a deleted pod stops, and is gone', () => {
  const leaving = pod({ state: running, ready: true, deleted: true })
  expect(told(pod({ state: running, ready: true }), leaving)).toEqual(['stopping'])
  expect(told(leaving, undefined)).toEqual(['stopped'])
  expect(told(undefined, undefined)).toEqual([])
})

test('an end by exit code, by signal and by lack of memory are told apart', () => {
  const after = (terminated: State['terminated']) =>
    told(pod({ state: running }), pod({ state: { terminated: terminated! } }))
  expect(after({ exitCode: 3 })).toEqual(['exited (exit code 3)'])
  expect(after({ exitCode: 143 })).toEqual(['exited (signal 15)'])
  expect(after({ exitCode: 137, reason: 'OOMKilled' })).toEqual(['exited (OOMKilled)'])
})

test('an instance is called by its pod, a node of a store by its place', () => {
  expect(subjectOf(pod({}))).toBe('wallet-a-6d4cf56db6-x2x7q')
  expect(subjectOf(pod({ workload: 'postgres' }))).toBe('postgres-a')
})

test('the state of an instance', () => {
  expect(stateOfPod(pod({ state: running, ready: true }), true, false)).toBe('ready')
  expect(stateOfPod(pod({ state: running, ready: true }), true, true)).toBe('not-ready')
  expect(stateOfPod(pod({ state: running }), false, false)).toBe('starting')
  expect(stateOfPod(pod({ state: running }), true, false)).toBe('not-ready')
  expect(stateOfPod(pod({ state: waiting('CrashLoopBackOff') }), true, false)).toBe('back-off')
  expect(stateOfPod(pod({ state: running, ready: true, deleted: true }), true, false)).toBe('stopping')
})
