import { X509Certificate } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { services } from '#sut/contracts/descriptor.ts'
import { type Manifest, podTemplateOf } from './manifest.ts'
import { applyOrder, manifestsOf } from './manifests.ts'
import type { ManifestRequest } from './request.ts'
import { testRequest } from './testing/request.ts'

let request: ManifestRequest
let all: Manifest[]
beforeAll(async () => {
  request = await testRequest()
  all = manifestsOf(request)
})

const ofKind = (kind: string): Manifest[] => all.filter((each) => each.kind === kind)
const named = (kind: string, name: string): Manifest => ofKind(kind).find((each) => each.metadata.name === name)!

describe('every pod', () => {
  const pods = () => all.flatMap((each) => podTemplateOf(each) ?? [])

  test('is as the policy "restricted" wants it, and has no token but Patroni’s', () => {
    expect(pods()).toHaveLength(services.length * 2 + 2 + 2 + 3 + 3)
    for (const { spec } of pods()) {
      expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
      for (const { securityContext } of spec.containers)
        expect(securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        })
      expect(spec.automountServiceAccountToken).toBe(spec.serviceAccountName === 'postgres')
      expect(ofKind('ServiceAccount').map(({ metadata }) => metadata.name)).toContain(spec.serviceAccountName)
      for (const volume of spec.volumes) expect(Object.keys(volume)).not.toContain('hostPath')
    }
  })

  test('asks for CPU and memory, bounds memory alone, and is probed', () => {
    for (const { spec } of pods())
      for (const { resources, startupProbe, livenessProbe, readinessProbe } of spec.containers) {
        expect(Object.keys(resources.requests)).toEqual(['cpu', 'memory'])
        expect(Object.keys(resources.limits)).toEqual(['memory'])
        for (const probe of [startupProbe, livenessProbe, readinessProbe])
          expect(Object.keys(probe)).toEqual(
            expect.arrayContaining(['periodSeconds', 'failureThreshold', 'timeoutSeconds']),
          )
      }
  })

  test('is given more time to stop than it takes', () => {
    const { drain_ms, termination_grace_s } = request.settings
    // finish and close limits of sut/platform/service.ts
    expect(termination_grace_s * 1000).toBeGreaterThan(drain_ms + 5000 + 5000)
  })
})

test('what is applied first is what others refer to, and all of it ends with the namespace', () => {
  const order = all.map(({ kind }) => applyOrder.findIndex((each) => each === kind))
  expect(order).toEqual(order.toSorted((x, y) => x - y))
  expect(order).not.toContain(-1)
  expect(all.slice(1).every(({ metadata }) => metadata.namespace === request.system)).toBe(true)
  const keys = all.map(({ kind, metadata }) => `${kind}/${metadata.name}`)
  expect(new Set(keys).size).toBe(keys.length)
})

test('no secret is written anywhere but in a Secret, and in those alone whose owner needs it', () => {
  const { secrets } = request.material
  const texts = (of: Manifest[]): string => JSON.stringify(of)
  const values = [
    ...Object.values(secrets.operations_tokens),
    secrets.postgres_superuser,
    secrets.postgres_replication,
    secrets.postgres_rewind,
    secrets.patroni,
    secrets.redis_replication,
    secrets.redis_sentinel,
    secrets.observer,
    secrets.nats_cluster,
    ...Object.values(secrets.passwords),
    ...Object.values(secrets.owner_passwords),
    secrets.ofService.gateway!['signing_master']!,
    secrets.ofService.game!['seed_seal']!,
    secrets.ofService.identity!['token_seal']!,
  ]
  const others = texts(all.filter(({ kind }) => kind !== 'Secret'))
  for (const value of values) expect(others).not.toContain(value)
  const holders = (value: string): string[] =>
    ofKind('Secret')
      .filter((each) => texts([each]).includes(value))
      .map(({ metadata }) => metadata.name)
  expect(holders(secrets.passwords['wallet']!)).toEqual(['postgres-a', 'postgres-b', 'wallet-a', 'wallet-b'])
  expect(holders(secrets.ofService.gateway!['signing_master']!)).toEqual(['gateway-a', 'gateway-b'])
  // Not the stores: they keep what it seals.
  expect(holders(secrets.ofService.game!['seed_seal']!)).toEqual(['game-a', 'game-b'])
  expect(holders(secrets.operations_tokens['wallet']!)).toEqual(['wallet-a', 'wallet-b'])
  expect(holders(secrets.postgres_superuser)).toEqual(['postgres-a', 'postgres-b'])
  const redis = ['redis-a', 'redis-b']
  const sentinels = ['sentinel-a', 'sentinel-b', 'sentinel-c']
  // The servers of Redis and NATS know hashes of who logs in; they hold what they log in with themselves.
  expect(holders(secrets.passwords['gateway']!)).toEqual(['gateway-a', 'gateway-b'])
  expect(holders(secrets.nats_cluster)).toEqual(['nats-a', 'nats-b', 'nats-c'])
  expect(holders(secrets.redis_replication)).toEqual(redis)
  expect(holders(secrets.redis_sentinel)).toEqual(sentinels)
  expect(holders(secrets.observer)).toEqual([...redis, ...sentinels])
  const { key } = request.material.certificate('game', 'b')
  expect(
    ofKind('Secret').filter((each) => (each['stringData'] as Record<string, string>)['game-key.pem'] === key),
  ).toHaveLength(1)
})

test('the key of the authority is in a Secret that no pod mounts or reads', () => {
  const { authority, key } = request.material.authority
  const { stringData } = named('Secret', 'authority') as unknown as { stringData: Record<string, string> }
  expect(stringData).toEqual({ 'authority.pem': authority, 'authority.key.pem': key })
  const line = key.split('\n')[1]!
  expect(all.filter((each) => JSON.stringify(each).includes(line)).map(({ metadata }) => metadata.name)).toEqual([
    'authority',
  ])
  const pods = all.flatMap((each) => podTemplateOf(each) ?? [])
  expect(pods.flatMap(({ spec }) => spec.volumes)).not.toContainEqual(
    expect.objectContaining({ secret: expect.objectContaining({ secretName: 'authority' }) }),
  )
  expect(JSON.stringify(pods)).not.toContain('"name":"authority"')
  expect(JSON.stringify(ofKind('Role'))).not.toContain('secrets')
})

test('certificates live for 90 days, for nothing in the cluster issues new ones', () => {
  const { validToDate } = new X509Certificate(request.material.certificate('wallet', 'a').certificate)
  expect((validToDate.getTime() - systemClock.wall_ms()) / (24 * 3_600_000)).toBeCloseTo(90, 2)
})

test('a certificate of a gateway names where players reach it, no other one does', () => {
  const names = (service: string): string =>
    new X509Certificate(request.material.certificate(service, 'a').certificate).subjectAltName ?? ''
  expect(names('gateway')).toContain('IP Address:172.18.0.2')
  expect(names('gateway')).toContain('DNS:kind.test')
  expect(names('wallet')).not.toContain('kind.test')
})

test('a service in a region stays there, and Kubernetes finds its pods by its labels', () => {
  const deployment = named('Deployment', 'wallet-b')
  const { metadata, spec } = podTemplateOf(deployment)!
  expect(JSON.stringify(spec.affinity)).toContain('"values":["b"]')
  expect(metadata.labels).toEqual({
    'slot-chaos/system': 'slot-test',
    'slot-chaos/service': 'wallet',
    'slot-chaos/region': 'b',
  })
  expect((deployment['spec'] as { selector: object }).selector).toEqual({ matchLabels: metadata.labels })
  expect(named('Service', 'wallet-b')['spec']).toMatchObject({ clusterIP: 'None', selector: metadata.labels })
  expect(named('Service', 'gateway-b-public')['spec']).toMatchObject({
    externalTrafficPolicy: 'Local',
    ports: [{ nodePort: 30_444 }],
  })
})

test('without autoscaling there is none; with it the targets are those of the descriptor', async () => {
  expect(manifestsOf({ ...request, autoscaling: false }).some(({ kind }) => kind === 'ScaledObject')).toBe(false)
  expect(ofKind('ScaledObject').map(({ metadata }) => metadata.name)).toEqual([
    'gateway-a',
    'gateway-b',
    'game-a',
    'game-b',
    'wallet-a',
    'wallet-b',
  ])
  expect(named('ScaledObject', 'wallet-a')['spec']).toMatchObject({
    minReplicaCount: 2,
    maxReplicaCount: 4,
    triggers: [
      { type: 'cpu', metricType: 'Utilization', metadata: { value: '80' } },
      { type: 'metrics-api', metadata: { valueLocation: 'load_requests_per_second', targetValue: '60' } },
      { type: 'metrics-api', metadata: { valueLocation: 'load_queue_depth', targetValue: '20' } },
    ],
  })
})

test('a pod that asks for less CPU than the descriptor says is scaled at the same use of it', () => {
  const scaled = manifestsOf({ ...request, settings: { ...request.settings, cpu_request_percent: 40 } })
  const find = (kind: string): Manifest => scaled.find((each) => each.kind === kind && each.metadata.name === 'game-a')!
  expect(podTemplateOf(find('Deployment'))!.spec.containers[0]!.resources.requests.cpu).toBe('100m')
  expect(find('ScaledObject')['spec']).toMatchObject({ triggers: [{ metadata: { value: '200' } }, {}, {}] })
})

test('the design decides how PostgreSQL replicates', async () => {
  const synchronous = (design: string): boolean => {
    const secret = manifestsOf({ ...request, design }).find(
      (each) => each.kind === 'Secret' && each.metadata.name === 'postgres-a',
    )!
    const text = (secret['stringData'] as Record<string, string>)['patroni.json']!
    return (JSON.parse(text) as { bootstrap: { dcs: { synchronous_mode: boolean } } }).bootstrap.dcs.synchronous_mode
  }
  expect(synchronous('standard')).toBe(true)
  expect(synchronous('async-replication')).toBe(false)
})
