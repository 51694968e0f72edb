import { createServer } from 'node:tls'
import { createConnection } from 'node:net'
import { expect, test } from 'vitest'
import { createIssuer } from '#sut/deployment/pki.ts'
import { systemClock } from '#lib/clock.ts'
import { pathOf } from './apply.ts'
import { clientHello, probeQuestion } from './agent/question.ts'
import type { Node } from './access/objects.ts'
import { deniedBy, reachedBy, rightsText } from './confirm.ts'
import { hopeless, podText } from './ready.ts'

test('a context on the deny list is named with its pattern', () => {
  expect(deniedBy('arn:aws:eks:eu/PROD-1', '*prod*,*live*')).toBe('*prod*')
  expect(deniedBy('kind-slot-chaos', '*prod*,*live*')).toBeUndefined()
  expect(deniedBy('staging', ' staging ')).toBe('staging')
  expect(deniedBy('a.b', 'a?b,a.b+')).toBeUndefined()
  expect(deniedBy('anything', '')).toBeUndefined()
})

test('the rights are said with their reasons', () => {
  expect(rightsText()).toContain('pods/ephemeralcontainers (core): get, patch')
})

test('regions of a foreign cluster take the place of ours, and gateways are at their machines', () => {
  const node = (region: string, address: string, type = 'InternalIP'): Node => ({
    metadata: { name: address, labels: { 'topology.kubernetes.io/region': region } },
    status: { addresses: [{ type, address }] },
  })
  const three = reachedBy([node('east', '10.0.0.1'), node('north', '10.0.0.2'), node('west', '10.0.0.3')])
  expect(three.zones).toEqual({ a: 'east', b: 'north', c: 'west' })
  expect(three.gateways.map(({ url }) => url)).toEqual(['https://10.0.0.1:30443', 'https://10.0.0.2:30444'])
  const one = reachedBy([node('east', '10.0.0.1'), node('east', '192.0.2.1', 'ExternalIP')])
  expect(one.zones).toEqual({ a: 'east', b: 'east', c: 'east' })
  expect(one.gateway_names).toEqual(['192.0.2.1', '192.0.2.1'])
  expect(() => reachedBy([{ metadata: { name: 'bare' } }])).toThrow('topology.kubernetes.io/region')
})

test('where an object of the API is', () => {
  const metadata = { name: 'wallet-a', namespace: 's' }
  expect(pathOf({ apiVersion: 'apps/v1', kind: 'Deployment', metadata })).toBe(
    '/apis/apps/v1/namespaces/s/deployments/wallet-a',
  )
  expect(pathOf({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 's' } })).toBe('/api/v1/namespaces/s')
  expect(pathOf({ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata })).toContain('/networkpolicies/')
})

test('a pod that does not start says why, and whether waiting is of use', () => {
  const waiting = (reason: string) => ({
    metadata: { name: 'wallet-a-1' },
    spec: { containers: [{ name: 'wallet' }] },
    status: { containerStatuses: [{ name: 'wallet', state: { waiting: { reason, message: 'no such image' } } }] },
  })
  expect(podText(waiting('ErrImageNeverPull'))).toBe('wallet-a-1 waits: ErrImageNeverPull no such image')
  expect(hopeless(waiting('ErrImageNeverPull'))).toBe(true)
  expect(hopeless(waiting('ContainerCreating'))).toBe(false)
})

test('a service that asks for certificates answers the question of the probe', async () => {
  const { certificate, key, authority } = await (
    await createIssuer('test', { clock: systemClock })
  ).issue('wallet', 'a')
  const server = createServer({ cert: certificate, key, ca: authority, requestCert: true, rejectUnauthorized: true })
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const { port } = server.address() as { port: number }
    const first = await new Promise<number>((resolve, reject) => {
      const socket = createConnection({ port, host: '127.0.0.1' }, () => socket.write(clientHello(Buffer.alloc(32, 7))))
      socket.once('data', (data) => {
        socket.destroy()
        resolve(data[0]!)
      })
      socket.once('error', reject)
      socket.once('close', () => reject(new Error('closed without an answer')))
    })
    expect(first).toBe(0x16) // a handshake: ServerHello
  } finally {
    server.close()
  }
})

test('what is asked of each store', () => {
  expect(probeQuestion('postgres')).toEqual({ question: '0000000804d2162f', greets: false })
  expect(probeQuestion('nats').greets).toBe(true)
  expect(Buffer.from(probeQuestion('redis').question, 'hex').toString()).toBe('PING\r\n')
})
