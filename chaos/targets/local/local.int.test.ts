import { chmod, mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { Agent, request } from 'undici'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { certificateRotation } from '#chaos/faults/certificate-rotation.ts'
import { linkLatency } from '#chaos/faults/link-latency.ts'
import { processOutage } from '#chaos/faults/process-outage.ts'
import { unfinishedRequests } from '#chaos/faults/unfinished-requests.ts'
import { random } from '#lib/random.ts'
import { waitFor } from '#lib/wait.ts'
import type { ObservationLine } from '#reports/record/format.ts'
import type { RunningSystem } from '../target.ts'
import { systemFolder } from './state.ts'
import { localTarget } from './target.ts'
import { standIn } from './testing/bundle.ts'
import { isListening, leftOf } from './testing/left.ts'
import { configOf, order } from './testing/stand-in.ts'

const target = localTarget(standIn)
const ports_from = 30_500
const settled = { every_ms: 100, limit_ms: 30_000 }
let state: string
let system: RunningSystem
const events: ObservationLine[] = []
const reading = new AbortController()

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'slot-test-'))
  await chmod(state, 0o711)
  process.env['SLOT_CHAOS_STATE'] = join(state, 's')
  system = await target.up({
    design: 'standard',
    links: [
      { from: 'gateway', to: 'wallet' },
      { from: 'wallet', to: 'postgres', from_region: 'a' },
      { from: 'wallet', to: 'nats', to_region: 'c' },
      { from: 'gateway', to: 'redis' },
    ],
    lease_ms: 20_000,
    // Where no other system looks first: that nothing listens there in the end is then told by this one alone.
    ports_from,
    progress: () => undefined,
    signal: new AbortController().signal,
  })
  void keepEvents()
})
afterAll(async () => {
  reading.abort()
  await system?.down()
  await rm(state, { recursive: true, force: true })
})
async function keepEvents(): Promise<void> {
  for await (const line of system.events(reading.signal)) events.push(line)
}

const discoveryOf = async (name: string) =>
  JSON.parse(await readFile(join(systemFolder(system.id), 'discovery', `${name}.json`), 'utf8'))
const instance = async (name: string) => (await system.sample()).instances.find((each) => each.instance === name)
const has = (event: string, subject: string): boolean =>
  events.some((line) => line.kind === 'event' && line.event === event && line.subject === subject)
const happened = (event: string, subject: string) =>
  waitFor(() => has(event, subject), { what: `${event} of ${subject}`, ...settled })

describe('a system that is up', () => {
  test('has every instance ready, and its stores led in region a', async () => {
    const sample = await system.sample()
    const names = sample.instances.map((each) => `${each.instance} ${each.state}`)
    expect(names).toEqual(['gateway-a-1 ready', 'gateway-b-1 ready', 'wallet-a-1 ready', 'wallet-b-1 ready'])
    expect(sample.stores.postgres).toMatchObject({ leader: 'a', standby_state: 'streaming' })
    expect(sample.stores.redis.leader).toBe('a')
    expect(sample.stores.nats.nodes_ready).toBe(3)
    for (const { url } of system.gateways) expect(await isListening(Number(new URL(url).port))).toBe(true)
  })
  test('has a door in each region that leads to its gateway, by the authority of the system', async () => {
    const agent = new Agent({ connect: { ca: await readFile(system.authority_file) } })
    for (const { region, url } of system.gateways)
      expect(await (await request(url, { dispatcher: agent })).body.text()).toBe(`gateway-${region}-1`)
    await agent.close()
  })
  test('tells its pending work once for each service, and its state from one instance of each', async () => {
    expect(await system.pending()).toEqual({ outbox: 4 })
    const lines = await Array.fromAsync(system.dump())
    expect(lines.map((line) => line.kind === 'account' && line.account)).toEqual(['gateway-a-1', 'wallet-a-1'])
  })
  test('is listed, and can be reached from elsewhere', async () => {
    expect(await target.list()).toMatchObject([{ id: system.id, owner_alive: true, design: 'standard' }])
    await using other = await target.connect(system.id)
    expect(other.gateways).toEqual(system.gateways)
    await expect(target.connect('slot-none')).rejects.toMatchObject({ code: 'SYSTEM_NOT_FOUND' })
  })
  test('has nothing to recover', async () => {
    expect(await target.recover()).toEqual({ found: [], undone: [], failed: [] })
  })
})

/** Of the one Toxiproxy of this system, as somebody finds it who was not asked. */
async function proxyApi(headers: Record<string, string>): Promise<string> {
  for (let port = ports_from; port < ports_from + 200; port++) {
    const url = `http://127.0.0.1:${port}`
    const proxies = await request(`${url}/proxies`, { headers, headersTimeout: 1000 }).then(
      async ({ body }) => body.text(),
      () => '',
    )
    if (proxies.includes('gateway-a')) return url
  }
  throw new Error('no Toxiproxy found')
}

describe('links', () => {
  test('a fault on a link that is taken away behind our back is seen to be gone', async () => {
    const { faults } = system
    const parameters = { from: 'gateway', to: 'wallet', from_region: 'a', latency_ms: 200, jitter_ms: 0 } as const
    const context = { random: random('links'), sample: await system.sample(), port: faults, system: system.descriptor }
    const plan = await linkLatency.plan({ ...parameters, delays: 'answers' }, context)
    await linkLatency.inject(plan, faults)
    expect(await linkLatency.verify(plan, faults)).toContain('round trip')
    expect(await linkLatency.held!.joined!(plan, faults)).toEqual({ targets: [], undo: [] })
    expect(await linkLatency.held!.prove(plan, faults)).toContain('gateway-a>wallet-a-1')
    const [link] = plan.targets
    const { name } = (plan.details['toxics'] as { name: string }[])[0]!
    const path = `/proxies/${encodeURIComponent(link!)}/toxics/${name}`
    const headers = { 'user-agent': 'somebody' }
    await request(`${await proxyApi(headers)}${path}`, { method: 'DELETE', headers })
    await expect(linkLatency.held!.prove(plan, faults)).rejects.toMatchObject({ code: 'FAULT_NOT_EFFECTIVE' })
    await linkLatency.revert(plan, faults)
    expect(await faults.residue()).toEqual([])
  })
  const ids = async (from: string, to: string) =>
    (await system.faults.links({ from, to })).map(({ id }) => id).toSorted()
  test('carry a proxy where they were asked to, and the callers are led through it', async () => {
    expect(await ids('wallet', 'postgres')).toEqual(['wallet-a>postgres-a', 'wallet-a>postgres-b'])
    expect(await ids('wallet', 'nats')).toEqual(['wallet-a>nats-c', 'wallet-b>nats-c'])
    const [a, b] = [await discoveryOf('wallet-a'), await discoveryOf('wallet-b')]
    expect(a.postgres[0].port).not.toBe(b.postgres[0].port)
    expect(
      a.nats.filter((node: { port: number }) => !b.nats.some((each: { port: number }) => each.port === node.port)),
    ).toHaveLength(1)
  })
  test.for(['gateway-a>wallet-b-1', 'wallet-a>postgres-a', 'wallet-b>nats-c', 'gateway-b>redis-a'])(
    '%s: latency is measured, cuts are seen, and both end',
    async (link) => {
      const { faults } = system
      const before = await faults.probeLink(link)
      expect(before).toMatchObject({ connected: true, error: null })
      const latency = { latency: 300, jitter: 0 }
      await faults.addToxic(link, { name: 'slow', type: 'latency', stream: 'downstream', attributes: latency })
      expect((await faults.probeLink(link)).round_trip_ms).toBeGreaterThanOrEqual(290)
      await faults.removeToxic(link, 'slow')
      for (const [type, attributes] of [
        ['timeout', { timeout: 0 }],
        ['down', {}],
      ] as const) {
        await faults.addToxic(link, { name: 'cut', type, stream: 'downstream', attributes })
        expect(await faults.probeLink(link)).toMatchObject({ round_trip_ms: null, error: expect.any(String) })
        expect(await faults.residue()).toEqual([expect.stringContaining(link)])
        await faults.undo({ operation: 'removeToxic', arguments: { link, name: 'cut' } })
        await faults.undo({ operation: 'toxic.remove', arguments: { system: system.id, link, name: 'cut' } })
      }
      expect((await faults.probeLink(link)).round_trip_ms).toBeLessThan(250)
      expect(await faults.residue()).toEqual([])
    },
  )
  test('a toxic ends with the session that added it', async () => {
    const link = 'gateway-a>wallet-a-1'
    {
      await using other = await target.connect(system.id)
      await other.faults.addToxic(link, { name: 'cut', type: 'down', stream: 'upstream', attributes: {} })
      expect(await system.faults.residue()).toHaveLength(1)
    }
    expect(await system.faults.residue()).toEqual([])
  })
  test('an unknown link is refused', async () => {
    await expect(system.faults.probeLink('gateway-a>game-a-1')).rejects.toMatchObject({ code: 'UNKNOWN_LINK' })
  })
})

test('what a service must know stands in no file that another could read', async () => {
  const { operations, database, nats } = await configOf(system.id, 'wallet-b-1')
  const folder = systemFolder(system.id)
  const vault = await readFile(join(folder, 'vault', 'wallet-b-1.age'), 'latin1')
  expect(vault).toMatch(/^age-encryption\.org\/v1\n/)
  const files = await readdir(folder, { recursive: true, withFileTypes: true })
  const own = files.filter((file) => file.isFile() && !file.parentPath.startsWith(join(folder, 'data')))
  expect(own.length).toBeGreaterThan(20)
  for (const { parentPath, name } of own) {
    const text = await readFile(join(parentPath, name), 'latin1')
    for (const secret of [operations.token, database.password, nats.password])
      expect(text.includes(secret), name).toBe(false)
  }
})

describe('instances', () => {
  test('a killed one leaves discovery at once and is restarted at once', async () => {
    const [killed] = await system.faults.kill(['wallet-a-1'])
    await waitFor(() => system.faults.gone(killed!.pid), { what: 'its end', ...settled })
    await waitFor(async () => (await instance('wallet-a-1'))?.restarts === 1, { what: 'a restart', ...settled })
    await waitFor(async () => (await instance('wallet-a-1'))?.state === 'ready', { what: 'readiness', ...settled })
    expect(has('exited', 'wallet-a-1')).toBe(true)
  })
  test('one that crashes again waits longer', async () => {
    await order(system.id, 'wallet-a-1', '/die').catch(() => undefined)
    await happened('back-off', 'wallet-a-1')
    await waitFor(async () => (await instance('wallet-a-1'))?.state === 'ready', { what: 'readiness', ...settled })
  })
  test('one that is not ready gets no traffic until it is', async () => {
    const known = async () =>
      (await discoveryOf('gateway-a')).services.wallet.map((each: { instance: string }) => each.instance)
    await order(system.id, 'wallet-b-1', '/unready')
    await waitFor(async () => !(await known()).includes('wallet-b-1'), { what: 'its removal', ...settled })
    expect((await instance('wallet-b-1'))?.state).toBe('not-ready')
    await order(system.id, 'wallet-b-1', '/ready')
    await waitFor(async () => (await known()).includes('wallet-b-1'), { what: 'its return', ...settled })
  })
  test('a service with no ready instance cannot tell its state, and is named', async () => {
    const wallets = ['wallet-a-1', 'wallet-b-1']
    const all = async (wanted: string) =>
      (await Promise.all(wallets.map((name) => instance(name)))).every((each) => each?.state === wanted)
    try {
      for (const name of wallets) await order(system.id, name, '/unready')
      await waitFor(() => all('not-ready'), { what: 'both to be not ready', ...settled })
      const dump = Array.fromAsync(system.dump())
      await expect(dump).rejects.toMatchObject({ code: 'STATE_UNREADABLE', message: expect.stringContaining('wallet') })
    } finally {
      for (const name of wallets) await order(system.id, name, '/ready')
      await waitFor(() => all('ready'), { what: 'both to be ready', ...settled })
    }
  })
  test('more are started under load, with a proxy from the start, and stopped without it', async () => {
    await order(system.id, 'wallet-b-1', '/busy')
    await waitFor(async () => (await instance('wallet-b-2'))?.state === 'ready', { what: 'scale-out', ...settled })
    expect((await system.faults.links({ from: 'gateway', to: 'wallet' })).map(({ id }) => id)).toContain(
      'gateway-a>wallet-b-2',
    )
    expect(events).toContainEqual(
      expect.objectContaining({
        kind: 'scaling',
        service: 'wallet',
        region: 'b',
        from: 1,
        to: 2,
        signal: 'queue_depth',
      }),
    )
    await order(system.id, 'wallet-b-1', '/idle')
    await waitFor(async () => (await instance('wallet-b-2')) === undefined, { what: 'scale-in', ...settled })
  })
  test('processes of others cannot be killed', async () => {
    await expect(system.faults.kill(['init'])).rejects.toMatchObject({ code: 'UNKNOWN_INSTANCE' })
  })
})

describe('certificates', () => {
  const rotation = async (limit_s: number): Promise<string> => {
    const { faults, descriptor } = system
    const context = { random: random('1'), sample: await system.sample(), port: faults, system: descriptor }
    const plan = await certificateRotation.plan({ limit_s }, context)
    await certificateRotation.inject(plan, faults)
    return certificateRotation.verify(plan, faults)
  }
  /** Asks both doors over connections of its own until `work` has ended. */
  const whileAsked = async <T>(work: Promise<T>): Promise<{ result: T; answers: Set<string> }> => {
    const ca = await readFile(system.authority_file)
    const answers = new Set<string>()
    const over = new AbortController()
    const asking = (async () => {
      while (!over.signal.aborted)
        for (const { url } of system.gateways) {
          const agent = new Agent({ connect: { ca } })
          answers.add(await (await request(url, { dispatcher: agent })).body.text())
          await agent.close()
        }
    })()
    const result = await work.finally(() => over.abort())
    await asking
    return { result, answers }
  }

  test('are replaced while everybody is served, and each instance shows its own new one', async () => {
    const shown = () => Promise.all(['gateway-a-1', 'wallet-b-1'].map((name) => system.faults.shownCertificate!(name)))
    const before = await shown()
    const { result, answers } = await whileAsked(rotation(20))
    expect(result).toMatch(/^4 instances show new certificates: (\S+-1 \w{8} → \w{8} after \d+\.\d s(; |$)){4}$/)
    expect(answers).toEqual(new Set(['gateway-a-1', 'gateway-b-1']))
    expect(new Set([...before, ...(await shown())]).size).toBe(4)
    expect(has('certificate-issued', 'wallet-b')).toBe(true)
  })
  test('an instance that does not take up its new one is named, and no other', async () => {
    await order(system.id, 'wallet-a-1', '/keep-certificate')
    await expect(rotation(6)).rejects.toMatchObject({
      code: 'FAULT_NOT_EFFECTIVE',
      message: expect.stringMatching(/no new one is shown after 6 s by wallet-a-1 \(\w{8}\)$/),
    })
    await order(system.id, 'wallet-a-1', '/take-certificate')
    expect(await rotation(20)).toContain('wallet-a-1')
  })
})

describe('stores', () => {
  const walletOn = async (region: 'a' | 'b'): Promise<Client> => {
    const { database } = await configOf(system.id, 'wallet-b-1')
    const index = region === 'a' ? 0 : 1
    const { port } = (await discoveryOf('wallet-b')).postgres[index]
    const client = new Client({
      host: '127.0.0.1',
      port,
      database: database.name,
      ...database.owner, // who serves may make no tables
    })
    client.on('error', () => undefined)
    await client.connect()
    return client
  }
  const whole = async (leader: string) => {
    const { stores } = await system.sample()
    const { postgres: now } = stores
    return (
      now.leader === leader &&
      now.standby_state === 'streaming' &&
      stores.redis.leader !== null &&
      stores.nats.nodes_ready === 3
    )
  }

  test('a killed primary is started again in place', async () => {
    const starts = () =>
      events.filter((line) => line.kind === 'event' && `${line.event} ${line.subject}` === 'ready postgres-a')
    await system.faults.kill(['postgres-a'])
    await waitFor(() => starts().length === 2, { what: 'its second start', ...settled })
    await waitFor(() => whole('a'), { what: 'its return', ...settled })
  })
  test('a region goes dark: the standby holds every commit and leads; the old leader comes back as its standby', async () => {
    const before = await walletOn('a')
    await before.query('create table kept (n int)')
    await before.query('insert into kept select generate_series(1, 1000)')
    const stopped = await system.faults.stopRegion('a')
    expect(stopped.map(({ subject }) => subject).toSorted()).toEqual(
      ['edge-a', 'gateway-a-1', 'nats-a', 'postgres-a', 'redis-a', 'sentinel-a', 'wallet-a-1'].toSorted(),
    )
    expect(await system.faults.residue()).toEqual(['region a is stopped'])
    const gone = async (): Promise<boolean> => (await system.faults.runningIn('a')).length === 0
    await waitFor(gone, { what: 'nothing to run in region a', ...settled })
    expect(await system.faults.runningIn('b')).toContain('postgres-b')
    await happened('promoted', 'postgres-b')
    expect(await system.faults.runningIn('a')).toEqual([])
    await waitFor(async () => (await system.sample()).stores.redis.leader === 'b', { what: 'Redis', ...settled })
    const after = await walletOn('b')
    expect((await after.query('select count(*)::int as n from kept')).rows).toEqual([{ n: 1000 }])
    await after.query('insert into kept values (1001)')

    await system.faults.undo({ operation: 'startRegion', arguments: { region: 'a' } })
    await waitFor(() => whole('b'), { what: 'region a', ...settled })
    const returned = await walletOn('a')
    expect((await returned.query('select count(*)::int as n from kept')).rows).toEqual([{ n: 1001 }])
    await waitFor(async () => (await instance('wallet-a-1'))?.state === 'ready', { what: 'wallet-a-1', ...settled })
    expect((await system.sample()).stores.redis.leader).toBe('b')
    expect(await system.faults.residue()).toEqual([])
    for (const client of [before, after, returned]) await client.end().catch(() => undefined)
  })
  test('the primary is killed and kept down: its standby is promoted, and it comes back as the standby', async () => {
    const sample = await system.sample()
    const leader = sample.stores.postgres.leader!
    const other = leader === 'a' ? 'b' : 'a'
    const context = { random: random('outage'), sample, port: system.faults, system: system.descriptor }
    const plan = await processOutage.plan({ service: 'postgres', count: 1 }, context)
    expect(plan.targets).toEqual([`postgres-${leader}`])
    await processOutage.inject(plan, system.faults)
    expect(await processOutage.verify(plan, system.faults)).toContain(`postgres-${leader} was the leader`)
    expect(await system.faults.residue()).toEqual([`process postgres-${leader} is kept down`])
    const follows = async () => (await system.sample()).stores.postgres.leader === other
    await waitFor(follows, { what: 'a promotion', ...settled })
    expect(await processOutage.held!.prove(plan, system.faults)).toBe(`postgres-${leader} are down`)
    for (const action of plan.undo) await system.faults.undo(action)
    await waitFor(() => whole(other), { what: 'the old primary to follow', ...settled })
    expect(await system.faults.residue()).toEqual([])
  })
})

test('requests that never end are held at the gateways of a region, and end with their undo', async () => {
  const { faults, descriptor } = system
  const context = { random: random('1'), sample: await system.sample(), port: faults, system: descriptor }
  const plan = await unfinishedRequests.plan({ region: 'a', connections: 2, streams: 5 }, context)
  await unfinishedRequests.inject(plan, faults)
  expect(await unfinishedRequests.verify(plan, faults)).toBe('a: 10 of 10 requests are open')
  expect(await faults.residue()).toEqual(['unfinished requests in a'])
  for (const action of [...plan.undo, ...plan.undo]) await faults.undo(action)
  expect(await faults.residue()).toEqual([])
})

test('down leaves nothing', async () => {
  const ports = [...system.gateways.map(({ url }) => Number(new URL(url).port)), ports_from]
  await system.down()
  await system.down()
  expect(leftOf(system.id)).toEqual([])
  for (const port of ports) expect(await isListening(port)).toBe(false)
  expect(await target.list()).toEqual([])
  await system.faults.undo({ operation: 'startRegion', arguments: { region: 'a' } })
})
