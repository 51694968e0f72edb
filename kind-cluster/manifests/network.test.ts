import { expect, test } from 'vitest'
import { calls } from '#sut/contracts/calls.ts'
import { slotBackend } from '#sut/descriptor.ts'
import { discovery } from '#sut/platform/discovery.ts'
import { violationsOf } from '#sut/platform/validation.ts'
import type { Manifest } from './manifest.ts'
import { labelNames } from './names.ts'
import { allowedCalls, networkPolicies } from './network.ts'
import { discoveryOf } from './service-secret.ts'
import { testRequest } from './testing/request.ts'

interface Peer {
  podSelector: { matchLabels: Record<string, string> }
}
interface Rule {
  from?: Peer[]
  to?: Peer[]
  ports: { port: number }[]
}
interface Policy {
  podSelector: { matchLabels?: Record<string, string> }
  policyTypes: string[]
  ingress?: Rule[]
  egress?: Rule[]
}
const policies = networkPolicies('slot-test', slotBackend)
const specOf = (each: Manifest): Policy => each['spec'] as Policy

/** "from > to:port" of all that is let through in one direction between pods of the system. */
function edges(direction: 'ingress' | 'egress'): string[] {
  return policies.flatMap((each) => {
    const { podSelector, [direction]: rules = [] } = specOf(each)
    const own = podSelector.matchLabels?.[labelNames.service]
    return rules.flatMap((rule) =>
      [...(rule.from ?? []), ...(rule.to ?? [])].flatMap((peer) => {
        const other = peer.podSelector.matchLabels[labelNames.service]
        return rule.ports.map(({ port }) =>
          direction === 'ingress' ? `${other} > ${own}:${port}` : `${own} > ${other}:${port}`,
        )
      }),
    )
  })
}

test('everything is denied, in both directions, until a policy lets it through', () => {
  expect(policies[0]!.metadata.name).toBe('default-deny')
  expect(specOf(policies[0]!)).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] })
})

test('between services only what the descriptor says is let through, and both ends agree', () => {
  const incoming = edges('ingress').toSorted()
  expect(edges('egress').toSorted()).toEqual(incoming)
  const wanted = slotBackend.services.flatMap(({ name, calls: called }) =>
    called.filter((to) => slotBackend.services.some((each) => each.name === to)).map((to) => `${name} > ${to}:8443`),
  )
  expect(incoming.filter((edge) => edge.endsWith(':8443'))).toEqual(wanted.toSorted())
  expect(incoming).toContain('wallet > postgres:5432')
  expect(incoming).not.toContain('gateway > postgres:5432')
})

test('from everywhere only players come in, and what asks operations ports', () => {
  const open = policies.flatMap((each) =>
    (specOf(each).ingress ?? [])
      .filter((rule) => rule.from === undefined)
      .map((rule) => `${each.metadata.name}:${rule.ports[0]!.port}`),
  )
  expect(open.filter((each) => each.endsWith(':8443'))).toEqual(['gateway:8443'])
  expect(open.filter((each) => /:(5432|6379|26379|4222|6222)$/.test(each))).toEqual([])
})

test('the descriptor names every service that a contract admits as a caller', () => {
  const edgesOfDescriptor = allowedCalls(slotBackend).map(({ from, to }) => `${from} > ${to}`)
  const missing = Object.entries(calls).flatMap(([name, { callers }]) => {
    const callee = name.split('.')[0]!
    return callers.map((caller) => `${caller} > ${callee}`).filter((edge) => !edgesOfDescriptor.includes(edge))
  })
  expect(missing).toEqual([])
})

test('a service knows names of what it calls, and of nothing else', async () => {
  const request = await testRequest()
  const known = discoveryOf(
    request,
    slotBackend.services.find(({ name }) => name === 'catalog')!,
  )
  expect(violationsOf(discovery, known)).toEqual([])
  expect(known.services).toEqual({})
  expect(known.nats).toHaveLength(3)
  expect(known.postgres.map(({ host }) => host)).toEqual([
    'postgres-a-0.postgres-a.slot-test.svc.cluster.local',
    'postgres-b-0.postgres-b.slot-test.svc.cluster.local',
  ])
  const analytics = discoveryOf(
    request,
    slotBackend.services.find(({ name }) => name === 'analytics')!,
  )
  expect([analytics.postgres, analytics.redis.sentinels]).toEqual([[], []])
  const game = discoveryOf(
    request,
    slotBackend.services.find(({ name }) => name === 'game')!,
  )
  expect(violationsOf(discovery, game)).toEqual([])
  expect(Object.keys(game.services)).toEqual(['session', 'wallet', 'catalog'])
})

test('services, and nothing else, may reach a collector of traces, when there is one', () => {
  const open = (collector?: string): string[] =>
    networkPolicies('slot-test', slotBackend, collector).flatMap((each) => {
      const { podSelector, egress = [] } = specOf(each)
      const anywhere = egress.filter(({ to, ports }) => to === undefined && ports.some(({ port }) => port === 4318))
      return anywhere.map(() => podSelector.matchLabels?.[labelNames.service] ?? 'everybody')
    })
  expect(open()).toEqual([])
  expect(open('http://collector:4318/v1/traces')).toEqual(slotBackend.services.map(({ name }) => name))
})
