import { expect, test } from 'vitest'
import type { Autoscaler, EndpointSlice, Node } from '../access/objects.ts'
import { quantity, scalingOf } from './autoscalers.ts'
import { routedPods, routingChanges } from './endpoints.ts'
import { nodeEvents } from './nodes.ts'

/** An HPA as KEDA makes it: CPU, and what its metrics-api scaler reads. */
const scaler = (desired: number, requests: string, cpu: number): Autoscaler => ({
  metadata: { name: 'keda-hpa-game-a' },
  spec: {
    scaleTargetRef: { kind: 'Deployment', name: 'game-a' },
    minReplicas: 1,
    maxReplicas: 3,
    metrics: [
      { type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 80 } } },
      {
        type: 'External',
        external: { metric: { name: 's1-metric-api-slot_requests_per_s' }, target: { averageValue: '16' } },
      },
    ],
  },
  status: {
    currentReplicas: 1,
    desiredReplicas: desired,
    currentMetrics: [
      { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: cpu } } },
      {
        type: 'External',
        external: { metric: { name: 's1-metric-api-slot_requests_per_s' }, current: { averageValue: requests } },
      },
    ],
  },
})

test('a decision names the signal that is furthest above its target', () => {
  expect(scalingOf(scaler(1, '10', 50), scaler(2, '31500m', 90))).toEqual({
    service: 'game',
    region: 'a',
    from: 1,
    to: 2,
    signal: 'requests_per_s',
    value: 31.5,
    target: 16,
  })
  expect(scalingOf(scaler(2, '10', 50), scaler(3, '17', 170))).toMatchObject({ signal: 'cpu_percent', value: 170 })
})

test('no decision: the same number, a new HPA that holds what there is, one without a status', () => {
  expect(scalingOf(scaler(2, '10', 50), scaler(2, '40', 50))).toBeNull()
  expect(scalingOf(undefined, scaler(1, '10', 50))).toBeNull()
  expect(scalingOf(scaler(2, '10', 50), undefined)).toBeNull()
  const { status: _, ...young } = scaler(1, '0', 0)
  expect(scalingOf(undefined, young)).toBeNull()
})

test('quantities of Kubernetes', () => {
  expect(['250m', '12', '1k', '3Mi', '1500u'].map(quantity)).toEqual([0.25, 12, 1000, 3 * 2 ** 20, 0.0015])
  expect(quantity('many')).toBeNaN()
  expect(quantity(undefined)).toBeNaN()
})

test('pods that traffic goes to, of all slices together', () => {
  const slice = (...pods: [string, boolean][]): EndpointSlice => ({
    metadata: { name: 'wallet-a-1' },
    endpoints: pods.map(([name, ready]) => ({ addresses: ['10.0.0.1'], conditions: { ready }, targetRef: { name } })),
  })
  const before = routedPods([slice(['wallet-1', true], ['wallet-2', false]), slice(['game-1', true])])
  expect([...before]).toEqual(['wallet-1', 'game-1'])
  const after = routedPods([slice(['wallet-1', false], ['wallet-2', true]), slice(['game-1', true])])
  expect(routingChanges(before, after)).toEqual([
    { pod: 'wallet-2', event: 'routed' },
    { pod: 'wallet-1', event: 'unrouted' },
  ])
})

test('a machine that Kubernetes gives up, and takes back', () => {
  const node = (status: 'True' | 'False' | 'Unknown'): Node => ({
    metadata: { name: 'worker' },
    status: { conditions: [{ type: 'Ready', status, reason: 'NodeStatusUnknown' }] },
  })
  expect(nodeEvents(node('True'), node('Unknown'))).toEqual([{ event: 'unhealthy', detail: 'NodeStatusUnknown' }])
  expect(nodeEvents(node('Unknown'), node('True'))).toEqual([{ event: 'node-ready' }])
  expect(nodeEvents(node('Unknown'), node('False'))).toEqual([])
  expect(nodeEvents(undefined, node('True'))).toEqual([])
})
