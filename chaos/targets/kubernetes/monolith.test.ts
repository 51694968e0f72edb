import { expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { openObservations } from '#reports/record/observations.ts'
import { inTopology } from '#sut/contracts/topology.ts'
import { slotBackend } from '#sut/descriptor.ts'
import type { Pod } from './access/objects.ts'
import type { Agents } from './agent/agents.ts'
import { createLinkFaults } from './faults/links.ts'
import type { PodPort } from './operations.ts'
import { createSampler } from './sampler.ts'
import type { ClusterView } from './watch/view.ts'

// One pod a region that hosts all services: every one of them is asked, and a link is that of the pod.

const pod = (workload: string, region: string, name: string): Pod => ({
  metadata: { name, labels: { 'slot-chaos/service': workload, 'slot-chaos/region': region } },
  spec: { containers: [{ name: workload }] },
  status: {
    podIP: '10.0.0.1',
    conditions: [{ type: 'Ready', status: 'True' }],
    containerStatuses: [{ name: workload, restartCount: 0, state: { running: {} } }],
  },
})
const descriptor = inTopology('monolith', slotBackend)
const instances = ['a', 'b'].map((region) => pod('monolith', region, `monolith-${region}-x`))
const view = {
  pods: () => [...instances, pod('postgres', 'a', 'postgres-a-0')],
  instances: () => instances,
  everReady: () => true,
} as unknown as ClusterView

test('each service in a pod is asked at its own port, and tells of its own work', async () => {
  const asked: string[] = []
  const json = async (name: string, path: string, { port, service }: PodPort = {}): Promise<never> => {
    asked.push(`${service} in ${name}:${port}${path}`)
    return { pending: { outbox: 1 } } as never
  }
  const stores = { redis: async () => null, nats: async () => ({ leader: null, nodes_ready: 0 }) }
  const client = { json, stream: () => Promise.reject(new Error('not asked')) }
  const sampler = createSampler({ clock: systemClock, descriptor }, view, client, stores)
  expect(await sampler.pending(true)).toEqual({ outbox: 8 })
  expect(asked).toHaveLength(16)
  expect(asked).toContain('wallet in monolith-b-x:8084/state')
  expect(sampler.tellers(false).map(({ name, pod: from }) => `${name} in ${from?.metadata.name}`)).toEqual(
    slotBackend.services.map(({ name }) => `${name} in monolith-a-x`),
  )
})

test('what breaks the link of a service to a store breaks that of its pod, and is called by its name', async () => {
  const links = async (from: string, system = descriptor): Promise<string[]> => {
    const observe = openObservations(null, systemClock)
    const faults = createLinkFaults(system, view, {} as Agents, observe, new AbortController().signal)
    return (await faults.links({ from, to: 'postgres' })).map(({ id }) => id)
  }
  expect(await links('wallet')).toEqual(['monolith-a>postgres-a', 'monolith-b>postgres-a'])
  expect(await links('*')).toEqual(await links('wallet'))
  expect(await links('wallet', slotBackend)).toEqual(['wallet-a>postgres-a', 'wallet-b>postgres-a'])
})
