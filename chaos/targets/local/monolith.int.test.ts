import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Agent, request } from 'undici'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { waitFor } from '#lib/wait.ts'
import type { ServiceDescriptor } from '#sut/contracts/descriptor.ts'
import type { RunningSystem } from '../target.ts'
import { localTarget } from './target.ts'
import { standIn } from './testing/bundle.ts'
import { order } from './testing/stand-in.ts'

// A system whose services share a process: what is started, asked, scaled and killed is that process.

const settled = { every_ms: 100, limit_ms: 30_000 }
/** A monolith is scaled by what the gateway is. */
const scaling = standIn.descriptor.services.find(({ name }) => name === 'wallet')!.scaling!
const scaled = (service: ServiceDescriptor): ServiceDescriptor =>
  service.name === 'gateway' ? { ...service, scaling } : service
const descriptor = { ...standIn.descriptor, services: standIn.descriptor.services.map(scaled) }
const target = localTarget({ ...standIn, descriptor })
const upRequest = {
  design: 'monolith',
  lease_ms: 20_000,
  progress: () => undefined,
  signal: new AbortController().signal,
}
let state: string
let system: RunningSystem

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'slot-test-'))
  await chmod(state, 0o711)
  process.env['SLOT_CHAOS_STATE'] = join(state, 's')
  system = await target.up({ ...upRequest, links: 'all', ports_from: 31_100 })
})
afterAll(async () => {
  await system?.down()
  await rm(state, { recursive: true, force: true })
})

const states = async () => (await system.sample()).instances.map(({ instance, state: now }) => `${instance} ${now}`)
const until = (wanted: readonly string[]) =>
  waitFor(async () => JSON.stringify((await states()).toSorted()) === JSON.stringify(wanted), {
    what: wanted.join(', '),
    ...settled,
  })

test('a replica is one process, and its door is that of the gateway in it', async () => {
  expect(await states()).toEqual(['monolith-a-1 ready', 'monolith-b-1 ready'])
  expect(system.descriptor.services.map(({ name, hosts }) => [name, hosts?.length])).toEqual([['monolith', 2]])
  const agent = new Agent({ connect: { ca: await readFile(system.authority_file) } })
  for (const { region, url } of system.gateways)
    expect(await (await request(url, { dispatcher: agent })).body.text()).toBe(`gateway-${region}-1`)
  await agent.close()
})

test('every part is asked for its pending work and its state', async () => {
  expect(await system.pending()).toEqual({ outbox: 4 })
  const lines = await Array.fromAsync(system.dump())
  expect(lines.map((line) => line.kind === 'account' && line.account)).toEqual(['gateway-a-1', 'wallet-a-1'])
})

test('each part has its own links to its stores, and there is none between parts', async () => {
  const ids = async (from: string, to: string) => (await system.faults.links({ from, to })).map(({ id }) => id)
  expect(await ids('wallet', 'postgres')).toEqual(
    expect.arrayContaining(['wallet-a>postgres-a', 'wallet-b>postgres-b']),
  )
  expect(await ids('gateway', 'redis')).toHaveLength(4)
  expect(await ids('gateway', 'wallet')).toEqual([])
  await expect(target.up({ ...upRequest, links: [{ from: 'gateway', to: 'wallet' }] })).rejects.toMatchObject({
    code: 'UNKNOWN_LINK',
  })
})

test('one part that is not ready keeps the whole process from being it', async () => {
  await order(system.id, 'wallet-a-1', '/unready')
  await until(['monolith-a-1 not-ready', 'monolith-b-1 ready'])
  await order(system.id, 'wallet-a-1', '/ready')
  await until(['monolith-a-1 ready', 'monolith-b-1 ready'])
})

test('it is scaled as a whole', async () => {
  await order(system.id, 'gateway-a-1', '/busy')
  await until(['monolith-a-1 ready', 'monolith-a-2 ready', 'monolith-b-1 ready'])
  await order(system.id, 'gateway-a-1', '/idle')
  await until(['monolith-a-1 ready', 'monolith-b-1 ready'])
})

test('a crash takes all of it, and all of it comes back', async () => {
  const [killed] = await system.faults.kill(['monolith-a-1'])
  expect(killed?.instance).toBe('monolith-a-1')
  await waitFor(() => system.faults.gone(killed!.pid), { what: 'the end of the process', ...settled })
  await until(['monolith-a-1 ready', 'monolith-b-1 ready'])
  expect((await system.sample()).instances[0]).toMatchObject({ restarts: 1 })
  await expect(system.faults.kill(['wallet-a-1'])).rejects.toMatchObject({ code: 'UNKNOWN_INSTANCE' })
})
