import { beforeAll, expect, test } from 'vitest'
import { services } from '#sut/contracts/descriptor.ts'
import { inTopology } from '#sut/contracts/topology.ts'
import { slotBackend } from '#sut/descriptor.ts'
import type { DiscoveryFile } from '#sut/platform/discovery.ts'
import { type HostConfig, hostConfig } from '#sut/platform/config.ts'
import { violationsOf } from '#sut/platform/validation.ts'
import { type Manifest, podTemplateOf } from './manifest.ts'
import { manifestsOf } from './manifests.ts'
import { roles } from './postgres.ts'
import type { ManifestRequest } from './request.ts'
import { testRequest } from './testing/request.ts'

// The system of the design `monolith`: what is one object a service elsewhere is one of all here.

let request: ManifestRequest
let all: Manifest[]
beforeAll(async () => {
  request = await testRequest({ descriptor: inTopology('monolith', slotBackend), design: 'monolith' })
  all = manifestsOf(request)
})

const named = (kind: string, name: string): Manifest =>
  all.find((each) => each.kind === kind && each.metadata.name === name)!
const names = (kind: string): string[] => all.filter((each) => each.kind === kind).map(({ metadata }) => metadata.name)
const own = { 'slot-chaos/system': 'slot-test', 'slot-chaos/service': 'monolith', 'slot-chaos/region': 'a' }

test('a region has one Deployment, which is scaled and emptied as a whole', () => {
  expect(names('Deployment')).toEqual(['monolith-a', 'monolith-b'])
  expect(names('ScaledObject')).toEqual(['monolith-a', 'monolith-b'])
  expect(names('PodDisruptionBudget')).toContain('monolith')
  expect(named('ScaledObject', 'monolith-a')['spec']).toMatchObject({
    triggers: [{}, { metadata: { url: 'http://monolith-a.slot-test.svc:8080/metrics' } }, {}],
  })
})

test('its pods run the host with the heap of one, and are behind the door for players', () => {
  const { metadata, spec } = podTemplateOf(named('Deployment', 'monolith-a'))!
  const { command, resources } = spec.containers[0]!
  expect(metadata.labels).toEqual(own)
  expect(command).toEqual(expect.arrayContaining(['--max-old-space-size=1024', 'monolith/main.mjs']))
  expect(resources).toEqual({ requests: { cpu: '1000m', memory: '256Mi' }, limits: { memory: '1536Mi' } })
  expect(named('Service', 'gateway-a-public')['spec']).toMatchObject({ selector: own })
})

test('each service in it has its own configuration, certificate, addresses and operations port', () => {
  const files = named('Secret', 'monolith-a')['stringData'] as Record<string, string>
  const config = JSON.parse(files['config.json']!) as HostConfig
  expect(violationsOf(hostConfig, config)).toEqual([])
  expect(config.services.map(({ service, operations }) => `${service} ${operations.port}`)).toEqual(
    services.map((service, index) => `${service} ${8080 + index}`),
  )
  for (const { service, certificates, discovery: addresses, database } of config.services) {
    for (const path of [addresses, ...Object.values(certificates)])
      expect(Object.keys(files)).toContain(path.replace('/etc/slot/', ''))
    expect(files[`${service}-key.pem`]).toBe(request.material.certificate(service, 'a').key)
    const known = JSON.parse(files[`${service}-discovery.json`]!) as DiscoveryFile
    expect(known.services).toEqual({})
    expect(known.postgres.length > 0).toBe(database !== undefined)
    expect(database?.password).toBe(database && request.material.secrets.passwords[service])
  }
})

test('it may open what the services in it may, and is asked at all its operations ports', () => {
  const { ingress, egress } = named('NetworkPolicy', 'monolith')['spec'] as Record<
    'ingress' | 'egress',
    { ports: { port: number }[] }[]
  >
  const ports = (rules: typeof ingress): number[] => rules.flatMap((rule) => rule.ports.map(({ port }) => port))
  expect(new Set(ports(egress))).toEqual(new Set([5432, 6379, 26379, 4222]))
  expect(ports(ingress)).toEqual([8080, 8081, 8082, 8083, 8084, 8085, 8086, 8087, 8443])
})

test('PostgreSQL has two roles and a database for each service that needs one, whatever process that is in', () => {
  const owners = (descriptor: ManifestRequest['descriptor']): string[] =>
    [...roles({ ...request, descriptor }).matchAll(/CREATE ROLE (\S+)/gi)].map(([, name]) => name!)
  expect(owners(request.descriptor)).toHaveLength(12)
  expect(owners(request.descriptor)).toEqual(owners(slotBackend))
})
