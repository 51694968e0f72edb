import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { services, type ServiceName } from '#sut/contracts/descriptor.ts'
import { slotBackend } from '#sut/descriptor.ts'
import type { ServiceConfig } from '#sut/platform/config.ts'
import { operationsServer } from '#sut/platform/operations.ts'
import { createSecrets } from './secrets.ts'
import { serviceConfigOf } from './service-config.ts'

const secrets = createSecrets(services)
const configOf = (service: ServiceName): ServiceConfig =>
  serviceConfigOf(
    {
      service,
      region: 'a',
      instance: `${service}-a-1`,
      system: 'test',
      design: 'standard',
      certificates: { authority: '', certificate: '', key: '' },
      discovery: '',
      drain_ms: 0,
      listen: { host: '127.0.0.1', port: 0 },
      operations: { host: '127.0.0.1', port: 0 },
    },
    slotBackend,
    secrets,
  )

test('what is in the configuration of one service opens the operations port of no other', async () => {
  const opened: string[] = []
  for (const of of services) {
    await using server = await portOf(configOf(of))
    for (const by of services) {
      const headers = { authorization: `Bearer ${configOf(by).operations.token}` }
      const { status } = await fetch(`http://127.0.0.1:${server.port}/state`, { headers })
      if (status === 200) opened.push(`${by} opens ${of}`)
      else expect(status).toBe(401)
    }
  }
  expect(opened).toEqual(services.map((name) => `${name} opens ${name}`))
})

test('no two services have a password, a token or a secret in common', () => {
  const held = services.flatMap((name) => {
    const { operations, database, redis, nats, secrets: own } = configOf(name)
    // One password a service: stores know it by the same name.
    const passwords = [database?.password, redis?.password, nats?.password].filter((each) => each !== undefined)
    return [...new Set([operations.token, ...passwords, ...Object.values(own)])]
  })
  expect(new Set(held).size).toBe(held.length)
})

async function portOf(config: ServiceConfig) {
  const server = await operationsServer({
    listen: config.operations,
    registry: new Registry(),
    load: () => ({}) as never,
    shown: async () => null,
    notReady: async () => ({}),
    pending: async () => ({}),
    operations: new Map(),
    planted: () => [],
    async *dump() {},
  })
  return { port: server.port, [Symbol.asyncDispose]: () => server.close() }
}
