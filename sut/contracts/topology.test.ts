import { expect, test } from 'vitest'
import type { SystemDescriptor } from './descriptor.ts'
import { callersIn, hostBetween, inTopology, processesOf } from './topology.ts'

const scaling = {
  min: 1,
  max: 3,
  cpu_request_millicores: 250,
  signals: [{ signal: 'requests_per_s' as const, target: 22 }],
}
const apart: SystemDescriptor = {
  name: 'small',
  regions: ['a', 'b'],
  services: [
    { name: 'gateway', replicas: 1, scaling, calls: ['game', 'wallet', 'redis'] },
    { name: 'game', replicas: 1, calls: ['wallet', 'postgres'] },
    { name: 'wallet', replicas: 2, scaling: { ...scaling, max: 4 }, calls: ['postgres', 'nats'] },
  ],
  stores: ['postgres', 'redis', 'nats'],
  slo: { success_rate: 0.99, p99_ms: 500 },
}
const monolith = inTopology('monolith', apart)

test('services are as they are described; a monolith is one service with all of them in it', () => {
  expect(inTopology('services', apart)).toEqual(apart)
  expect(monolith.services.map(({ name }) => name)).toEqual(['monolith'])
  expect(monolith.services[0]!.hosts?.map(({ name }) => name)).toEqual(['gateway', 'game', 'wallet'])
  expect({ ...monolith, services: [] }).toEqual({ ...apart, services: [] })
  expect(inTopology('monolith', monolith)).toEqual(monolith)
})

test('it has the replicas of the gateway and is scaled by its signals, with a core for its thread', () => {
  expect(monolith.services[0]).toMatchObject({ replicas: 1, scaling: { ...scaling, cpu_request_millicores: 1000 } })
  const held = { ...apart, services: apart.services.map(({ scaling: _held, ...service }) => service) }
  expect(inTopology('monolith', held).services[0]).not.toHaveProperty('scaling')
})

test('stores are reached over links in both; of services, none in a monolith', () => {
  for (const { name, calls } of callersIn(apart)) {
    const stores = calls.filter((to) => apart.stores.includes(to))
    expect(callersIn(monolith).find((caller) => caller.name === name)?.calls, name).toEqual(stores)
    for (const to of calls)
      expect(hostBetween(name, to, monolith), `${name} ${to}`).toBe(stores.includes(to) ? undefined : 'monolith')
  }
  expect(hostBetween('wallet', 'game', monolith)).toBeUndefined()
  expect(hostBetween('game', 'wallet', apart)).toBeUndefined()
})

test('a service runs in its own processes, or in those of its host', () => {
  expect(processesOf('wallet', apart)).toBe('wallet')
  expect(processesOf('wallet', monolith)).toBe('monolith')
  for (const other of ['monolith', 'postgres', 'nothing']) expect(processesOf(other, monolith)).toBe(other)
})
