import { X509Certificate, createPrivateKey } from 'node:crypto'
import { expect, test } from 'vitest'
import { authoritySecret } from '#kind-cluster/manifests/certificates.ts'
import { systemClock } from '#lib/clock.ts'
import { openObservations } from '#reports/record/observations.ts'
import { createKeptAuthority } from '#sut/deployment/pki.ts'
import { type SystemDescriptor, hostName } from '#sut/contracts/descriptor.ts'
import { inTopology } from '#sut/contracts/topology.ts'
import { slotBackend } from '#sut/descriptor.ts'
import type { CallOptions } from '../access/api.ts'
import { type Pod, workloadOf } from '../access/objects.ts'
import { createCertificateFaults } from './certificates.ts'

const kept = await createKeptAuthority('slot-1', { clock: systemClock })

/** An API server that holds the authority, and writes down what is patched. */
function around(descriptor: SystemDescriptor = slotBackend) {
  const { stringData } = authoritySecret('slot-1', kept) as unknown as { stringData: Record<string, string> }
  const data = Object.fromEntries(
    Object.entries(stringData).map(([name, text]) => [name, Buffer.from(text).toString('base64')]),
  )
  const patched: [string, unknown][] = []
  const call = async <T>(_method: string, path: string, { body }: CallOptions = {}): Promise<T> => {
    if (path.endsWith('/secrets/authority')) return { data } as T
    patched.push([path.replace('/api/v1/namespaces/slot-1/', ''), body])
    return {} as T
  }
  const pod = (service: string, region: string): Pod => ({
    metadata: {
      name: `${service}-${region}-x`,
      labels: { 'slot-chaos/service': service, 'slot-chaos/region': region },
    },
  })
  const pods = [...descriptor.services.map(({ name }) => pod(name, 'a')), pod('gateway', 'b')]
  const view = { instances: () => pods.filter((each) => ['wallet', 'gateway', hostName].includes(workloadOf(each)!)) }
  const client = { json: async () => undefined, stream: () => Promise.reject(new Error('nobody asks')) }
  const record = { id: 'slot-1', descriptor, gateway_names: ['192.0.2.7'] }
  const observe = openObservations(null, systemClock)
  return { patched, faults: createCertificateFaults(record, { api: { call }, view, client, observe }) }
}

test('the chosen Secrets get a pair of the kept authority, then their pods are told, no others', async () => {
  const { patched, faults } = around()
  const issued = await faults.rotateCertificates({ service: 'gateway' })
  // Both Secrets at once, in whatever order they are answered; no pod is told before its Secret has the pair.
  const paths = patched.map(([path]) => path)
  expect(paths.slice(0, 2).toSorted()).toEqual(['secrets/gateway-a', 'secrets/gateway-b'])
  expect(paths.slice(2).toSorted()).toEqual(['pods/gateway-a-x', 'pods/gateway-b-x'])
  const bodies = new Map(patched)
  const { stringData } = bodies.get('secrets/gateway-a') as { stringData: Record<string, string> }
  expect(Object.keys(stringData)).toEqual(['gateway-certificate.pem', 'gateway-key.pem'])
  const leaf = new X509Certificate(stringData['gateway-certificate.pem']!)
  expect(leaf.verify(new X509Certificate(kept.authority).publicKey)).toBe(true)
  expect(leaf.checkPrivateKey(createPrivateKey(stringData['gateway-key.pem']!))).toBe(true)
  // Players reach it by the same addresses as before.
  expect(leaf.subjectAltName).toContain('192.0.2.7')
  expect(issued[0]).toEqual({ service: 'gateway', region: 'a', serial: leaf.serialNumber })
  expect(bodies.get('pods/gateway-a-x')).toEqual({
    metadata: { annotations: { 'slot-chaos/certificate': leaf.serialNumber } },
  })
})

test('without a choice all of them, and a pod that does not answer shows none', async () => {
  const { faults } = around()
  const { services, regions } = slotBackend
  expect(await faults.rotateCertificates({})).toHaveLength(services.length * regions.length)
  expect(await faults.shownCertificate('wallet-a-x')).toBeNull()
})

test('of a host the one Secret is patched, with the files of the service', async () => {
  const { patched, faults } = around(inTopology('monolith', slotBackend))
  await faults.rotateCertificates({ service: 'wallet', region: 'a' })
  expect(patched.map(([path]) => path)).toEqual(['secrets/monolith-a', 'pods/monolith-a-x'])
  const { stringData } = patched[0]![1] as { stringData: Record<string, string> }
  expect(Object.keys(stringData)).toEqual(['wallet-certificate.pem', 'wallet-key.pem'])
})
