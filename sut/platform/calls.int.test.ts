import { createServer, type Server } from 'node:net'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Problem } from '#sut/contracts/problems.ts'
import type { ServiceName } from '#sut/contracts/descriptor.ts'
import { createAuthority, type Authority } from '#sut/local/pki.ts'
import { systemClock } from '#lib/clock.ts'
import type { ServiceConfig } from './config.ts'
import { startService, type StartedService, type Wire } from './service.ts'

let folder: string
let open: (() => Promise<unknown>)[]
let authority: Authority
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slot-chaos-test-calls-'))
  authority = await createAuthority(folder, 'test', systemClock.wall_ms())
  open = [() => rm(folder, { recursive: true, force: true })]
})
afterEach(async () => {
  for (const close of open.toReversed()) await close()
})

type Addresses = { instance: string; region: 'a' | 'b'; host: string; port: number }[]

async function start(service: ServiceName, wire: Wire, wallets: Addresses = [], certificate = service) {
  const name = `${service}-a-${open.length}`
  const discovery = join(folder, `${name}.json`)
  const stores = { postgres: [], redis: { sentinels: [], group: 'slot', addresses: {} }, nats: [] }
  await writeFile(discovery, JSON.stringify({ services: { wallet: wallets }, ...stores }))
  const config: ServiceConfig = {
    service,
    region: 'a',
    instance: name,
    system: 'test',
    design: 'standard',
    listen: { host: '127.0.0.1', port: 0 },
    operations: { host: '127.0.0.1', port: 0, token: 'token' },
    certificates: await authority.issue(certificate, 'a'),
    discovery,
    secrets: {},
    drain_ms: 0,
    log_level: 'silent',
  }
  const started = await startService(config, wire)
  open.push(() => started.stop())
  return started
}

const balance = { balance_minor: 5, version: 1 }
const wallet = (answer: () => Promise<typeof balance> = async () => balance): Wire => {
  return (platform) => platform.serve('wallet.balance', answer)
}
const at = (service: { port: number }, region: 'a' | 'b' = 'a'): Addresses[number] => ({
  instance: `wallet-${region}-${service.port}`,
  region,
  host: '127.0.0.1',
  port: service.port,
})
const ask = ({ platform }: StartedService, patience_ms = 1000) =>
  platform.call('wallet.balance', { params: { id: 'p' }, deadline_ms: platform.clock.monotonic_ms() + patience_ms })

async function listener(onConnection: (socket: import('node:net').Socket) => void): Promise<Server> {
  const server = createServer(onConnection).listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.push(async () => server.close())
  return server
}
const portOf = (server: Server): number => (server.address() as { port: number }).port

describe('a call', () => {
  test('is answered over mutual TLS, to callers that the contract admits', async () => {
    const served = await start('wallet', wallet())
    const gateway = await start('gateway', () => {}, [at(served)])
    expect(await ask(gateway)).toEqual(balance)
    const catalog = await start('catalog', () => {}, [at(served)])
    await expect(ask(catalog)).rejects.toMatchObject({ code: 'forbidden' })
  })

  test('goes to no one who is not the service that is called', async () => {
    const imposter = await start('wallet', wallet(), [], 'catalog')
    const gateway = await start('gateway', () => {}, [at(imposter)])
    await expect(ask(gateway)).rejects.toMatchObject({ code: 'unavailable' })
  })

  test('takes a hundred at once over one connection', async () => {
    let under_way = 0
    let most = 0
    const gate = Promise.withResolvers<void>()
    const slow = async (): Promise<typeof balance> => {
      most = Math.max(most, ++under_way)
      if (under_way === 100) gate.resolve()
      await gate.promise
      return balance
    }
    const served = await start('wallet', wallet(slow))
    const gateway = await start('gateway', () => {}, [at(served)])
    await ask(gateway, 1).catch(() => {})
    under_way = 0
    await Promise.all(Array.from({ length: 100 }, () => ask(gateway, 5000)))
    expect(most).toBe(100)
  })

  test('is tried at another instance when the first refuses, and the dead one is left alone', async () => {
    const dead = await listener((socket) => socket.destroy())
    const served = await start('wallet', wallet(), [])
    const gateway = await start('gateway', () => {}, [at({ port: portOf(dead) }), at(served, 'b')])
    for (let round = 0; round < 5; round++) expect(await ask(gateway)).toEqual(balance)
    const text = await gateway.platform.metrics.registry.metrics()
    expect(text).toMatch(/call_ejections_total\{[^}]*\} 1/)
    expect(text).toMatch(/call_retries_total\{[^}]*\} 3/)
  })

  test('ends at its deadline when the peer is silent', async () => {
    const silent = await listener(() => {})
    const gateway = await start('gateway', () => {}, [at({ port: portOf(silent) })])
    const begun = performance.now()
    await expect(ask(gateway, 300)).rejects.toMatchObject({ code: 'deadline_exceeded' })
    expect(performance.now() - begun).toBeLessThan(600)
  })

  test('passes on what the callee says, and hides what it does not', async () => {
    const refusing = await start(
      'wallet',
      wallet(() => Promise.reject(new Problem('not_found', 'no account'))),
    )
    const gateway = await start('gateway', () => {}, [at(refusing)])
    await expect(ask(gateway)).rejects.toMatchObject({ code: 'not_found', message: 'no account' })
    const broken = await start(
      'wallet',
      wallet(() => Promise.reject(new Error('password=1'))),
    )
    const other = await start('gateway', () => {}, [at(broken)])
    await expect(ask(other)).rejects.toMatchObject({ code: 'internal', message: 'internal error' })
  })

  test('that does not fit the contract is refused with every violation', async () => {
    const served = await start('wallet', (platform) => {
      platform.serve('wallet.transfer', async () => ({ transfer_id: 't', ...balance, replayed: false }))
    })
    const { platform } = await start('gateway', () => {}, [at(served)])
    const body = { key: '', kind: 'gift', player_id: 'p', amount_minor: 0 } as never
    const refused = platform.call('wallet.transfer', { body, deadline_ms: platform.clock.monotonic_ms() + 1000 })
    await expect(refused).rejects.toMatchObject({ code: 'malformed' })
    await expect(refused).rejects.toThrow(/key.*kind.*amount_minor/)
  })
})
