import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Agent, request } from 'undici'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { freePort } from '#lib/free-port.ts'
import { waitFor } from '#lib/wait.ts'
import type { ServiceName } from '#sut/contracts/descriptor.ts'
import { createAuthority, type Authority } from '#sut/deployment/pki.ts'
import type { ServiceConfig } from './config.ts'
import { startHost, type Part } from './host.ts'
import { accepts } from './testing/processes.ts'

// Two services in this process, without stores: who has a door, in which order they start and end, and what a failure leaves.

let folder: string
let authority: Authority
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slot-chaos-test-host-'))
  authority = await createAuthority(folder, 'test', systemClock)
  const stores = { postgres: [], redis: { sentinels: [], group: 'slot', addresses: {} }, nats: [] }
  await writeFile(join(folder, 'discovery.json'), JSON.stringify({ services: {}, ...stores }))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const configOf = async (service: ServiceName): Promise<ServiceConfig> => ({
  service,
  region: 'a',
  instance: `${service}-a-1`,
  system: 'test',
  design: 'standard',
  listen: { host: '127.0.0.1', port: await freePort() },
  operations: { host: '127.0.0.1', port: await freePort(), token: 'token' },
  certificates: await authority.issue(service, 'a'),
  discovery: join(folder, 'discovery.json'),
  secrets: {},
  drain_ms: 50,
  log_level: 'silent',
})
const wallet = (answer: () => Promise<{ balance_minor: number; version: number }>): Part => ({
  name: 'wallet',
  wire: (platform) => platform.serve('wallet.balance', answer),
})
const gateway: Part = {
  name: 'gateway',
  public: true,
  wire: ({ http, call, clock }) =>
    void http.get('/balance', () =>
      call('wallet.balance', { params: { id: 'p' }, deadline_ms: clock.monotonic_ms() + 5000 }),
    ),
}
async function ask({ listen: { port } }: ServiceConfig): Promise<unknown> {
  const agent = new Agent({ connect: { ca: await readFile(join(folder, 'authority.pem'), 'utf8') } })
  try {
    return await (await request(`https://127.0.0.1:${port}/balance`, { dispatcher: agent })).body.json()
  } finally {
    await agent.close()
  }
}
const balance = { balance_minor: 5, version: 1 }

test('what comes in at the door reaches a service that has none', async () => {
  const services = [await configOf('gateway'), await configOf('wallet')]
  const host = await startHost({ services }, [wallet(async () => balance), gateway])
  expect(await ask(services[0]!)).toEqual(balance)
  expect(await accepts(services[1]!.listen.port)).toBe(false)
  for (const { operations } of services) expect(await accepts(operations.port)).toBe(true)
  await host.stop()
  for (const { operations, listen } of services)
    expect([await accepts(operations.port), await accepts(listen.port)]).toEqual([false, false])
})

test('the door is ready when all behind it are, and names who is not', async () => {
  let ready = false
  const services = [await configOf('gateway'), await configOf('catalog')]
  const catalog: Part = { name: 'catalog', wire: (platform) => platform.readiness('games', () => ready) }
  const host = await startHost({ services }, [catalog, gateway])
  const { notReady } = host.services.get('gateway')!
  expect(await notReady()).toEqual({ catalog: 'not ready' })
  ready = true
  expect(await notReady()).toEqual({})
  await host.stop()
  expect(await notReady()).toHaveProperty('service')
})

test('a request that is under way is finished by a host that stops: who is behind the door ends after it', async () => {
  const gate = Promise.withResolvers<typeof balance>()
  let asked = 0
  const services = [await configOf('gateway'), await configOf('wallet')]
  const answer = (): Promise<typeof balance> => {
    asked++
    return gate.promise
  }
  const host = await startHost({ services }, [wallet(answer), gateway])
  const answered = ask(services[0]!)
  await waitFor(() => asked === 1, { what: 'the request', limit_ms: 3000 })
  const stopped = host.stop()
  await waitFor(async () => !(await accepts(services[0]!.listen.port)), { what: 'a closed door', limit_ms: 3000 })
  expect(await accepts(services[1]!.operations.port)).toBe(true)
  gate.resolve(balance)
  expect(await answered).toEqual(balance)
  await stopped
})

test('a part that cannot start ends the others, and its door is never opened', async () => {
  const services = [await configOf('gateway'), await configOf('wallet'), await configOf('catalog')]
  const broken: Part = { name: 'catalog', wire: () => Promise.reject(new Error('no games')) }
  await expect(startHost({ services }, [wallet(async () => balance), broken, gateway])).rejects.toThrow('no games')
  for (const { operations, listen } of services)
    expect([await accepts(operations.port), await accepts(listen.port)]).toEqual([false, false])
})

test('a part without a configuration is named', async () => {
  const starting = startHost({ services: [await configOf('gateway')] }, [wallet(async () => balance), gateway])
  await expect(starting).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: 'no configuration of wallet' })
})
