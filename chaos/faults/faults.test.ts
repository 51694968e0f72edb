import { describe, expect, test } from 'vitest'
import { random } from '#lib/random.ts'
import { memoryWorld, smallSystem, type MemoryOptions } from '../engine/memory-target.ts'
import { inTopology } from '#sut/contracts/topology.ts'
import { slotBackend } from '#sut/descriptor.ts'
import { validated } from '../engine/validate.ts'
import type { Fault, FaultPlan, PlanContext } from './fault.ts'
import { faults } from './registry.ts'

async function context(options: MemoryOptions = {}): Promise<PlanContext & { done: string[] }> {
  const world = memoryWorld(options)
  const system = await world.target.connect('memory-1')
  return {
    random: random('7'),
    sample: await system.sample(),
    port: system.faults,
    system: system.descriptor,
    done: world.operations,
  }
}

function use(name: string, given: Record<string, unknown>): { fault: Fault; parameters: Record<string, unknown> } {
  const fault = faults[name]!
  const { value, problems } = validated<Record<string, unknown>>(fault.parameters, given)
  expect(problems).toEqual([])
  return { fault, parameters: value! }
}

const uses: [string, Record<string, unknown>][] = [
  ['process-kill', { service: 'wallet', region: 'a' }],
  ['process-outage', { service: 'postgres' }],
  ['process-outage', { service: 'wallet', count: 'all' }],
  ['link-latency', { from: 'game', to: 'wallet', latency_ms: 150, jitter_ms: 20 }],
  ['link-latency', { from: 'game', to: 'wallet', latency_ms: 150, delays: 'requests' }],
  ['link-down', { from: 'game', to: 'wallet' }],
  ['link-down', { from: 'game', to: 'wallet', mode: 'refuse' }],
  ['region-outage', { region: 'a' }],
  ['pod-kill', { service: 'wallet', region: 'a' }],
  ['pod-delete', { service: 'wallet', region: 'a' }],
  ['node-pause', { region: 'a' }],
  ['certificate-rotation', { service: 'wallet', limit_s: 1 }],
  ['certificate-rotation', { limit_s: 1 }],
  ['unfinished-requests', {}],
  ['unfinished-requests', { region: 'a', connections: 1, streams: 10 }],
]

describe.each(uses)('%s %j', (name, given) => {
  test('bites, says how, and leaves nothing after its revert', async () => {
    const { fault, parameters } = use(name, given)
    const here = await context()
    const plan = await fault.plan(parameters, here)
    await fault.inject(plan, here.port)
    expect(await fault.verify(plan, here.port)).not.toBe('')
    if (plan.undo.length > 0) expect(await here.port.residue()).not.toEqual([])
    await fault.revert(plan, here.port)
    expect(await here.port.residue()).toEqual([])
  })

  test('the undo of its plan, after a journal and in another process, leaves nothing either', async () => {
    const { fault, parameters } = use(name, given)
    const here = await context()
    const plan = await fault.plan(parameters, here)
    await fault.inject(plan, here.port)
    const read = JSON.parse(JSON.stringify(plan)) as FaultPlan
    for (const action of [...read.undo.toReversed(), ...read.undo]) await here.port.undo(action)
    expect(await here.port.residue()).toEqual([])
  })

  test('the same seed chooses the same', async () => {
    const { fault, parameters } = use(name, given)
    const [one, other] = [await context(), await context()]
    expect(await fault.plan(parameters, one)).toEqual(await fault.plan(parameters, other))
  })
})

test.concurrent.each(uses)(
  '%s %j that does not bite says FAULT_NOT_EFFECTIVE',
  { timeout: 20_000 },
  async (name, given) => {
    const { fault, parameters } = use(name, given)
    const here = await context({ blunt: true })
    const plan = await fault.plan(parameters, here)
    await fault.inject(plan, here.port)
    await expect(fault.verify(plan, here.port)).rejects.toMatchObject({ code: 'FAULT_NOT_EFFECTIVE' })
    await fault.revert(plan, here.port)
    expect(await here.port.residue()).toEqual([])
  },
)

test('process-kill takes as many as asked, all, or the leader of a store', async () => {
  const targets = async (given: Record<string, unknown>) => {
    const { fault, parameters } = use('process-kill', given)
    return (await fault.plan(parameters, await context())).targets
  }
  expect(await targets({ service: 'wallet', count: 'all' })).toHaveLength(4)
  expect(await targets({ service: 'wallet', count: 3 })).toHaveLength(3)
  expect(await targets({ service: 'wallet', region: 'b', count: 9 })).toEqual(['wallet-b-1', 'wallet-b-2'])
  expect(await targets({ service: 'postgres' })).toEqual(['postgres-a'])
  expect(await targets({ service: 'postgres', region: 'b' })).toEqual(['postgres-b'])
})

test('of a store one process is killed: what it was is told, and more of them are refused', async () => {
  for (const name of ['process-kill', 'process-outage']) {
    const evidence = async (given: Record<string, unknown>) => {
      const { fault, parameters } = use(name, given)
      const here = await context()
      const plan = await fault.plan(parameters, here)
      await fault.inject(plan, here.port)
      return fault.verify(plan, here.port)
    }
    expect(await evidence({ service: 'postgres' })).toContain('postgres-a was the leader')
    expect(await evidence({ service: 'postgres', region: 'b' })).toContain('postgres-b was not the leader')
    for (const count of [2, 'all'] as const)
      expect(faults[name]!.check!({ service: 'postgres', count }, slotBackend)).toEqual([
        "count is for services: of postgres one process is killed, that of its leader or of 'region'",
      ])
    expect(faults[name]!.check!({ service: 'wallet', count: 'all' }, slotBackend)).toEqual([])
  }
})

test('process-kill of a service that shares a process kills that process, and says who else was in it', async () => {
  const { fault, parameters } = use('process-kill', { service: 'wallet', region: 'a' })
  const here = await context()
  const instances = here.sample.instances
    .filter(({ service }) => service === 'game')
    .map((each) => ({ ...each, service: 'monolith', instance: `monolith-${each.region}-1` }))
  const system = inTopology('monolith', slotBackend)
  const plan = await fault.plan(parameters, { ...here, system, sample: { ...here.sample, instances } })
  expect(plan.targets).toEqual(['monolith-a-1'])
  await fault.inject(plan, here.port)
  const ran = 'gateway, identity, session, game, wallet, catalog, telemetry, analytics'
  expect(await fault.verify(plan, here.port)).toMatch(
    new RegExp(`^process \\d+ of monolith-a-1 is gone; in it ran ${ran}$`),
  )
})

test('certificates of a service that is called within a process alone are shown to nobody: refused before the run', () => {
  const problems = (service: string, system = inTopology('monolith', slotBackend)) =>
    faults['certificate-rotation']!.check!({ service, limit_s: 1 }, system)
  expect(problems('wallet')).toEqual([
    'wallet shows nobody a certificate: it is called within the process of a monolith',
  ])
  expect(problems('gateway')).toEqual([])
  expect(problems('wallet', slotBackend)).toEqual([])
  expect(problems('postgres', slotBackend)).toEqual(['postgres is a store: it has no certificate'])
})

test('a fault without anything to hit says so before it touches anything', async () => {
  const here = await context()
  const sample = { ...here.sample, instances: [] }
  const kill = use('process-kill', { service: 'wallet' })
  await expect(kill.fault.plan(kill.parameters, { ...here, sample })).rejects.toMatchObject({ code: 'NO_FAULT_TARGET' })
  const latency = use('link-latency', { from: 'game', to: 'wallet', from_region: 'c', latency_ms: 5 })
  await expect(latency.fault.plan(latency.parameters, here)).rejects.toMatchObject({ code: 'NO_FAULT_TARGET' })
  expect(here.done).toEqual([])
})

test('names that the system does not have are found before the run', () => {
  const problems = (name: string, parameters: Record<string, unknown>) => faults[name]!.check?.(parameters, smallSystem)
  expect(problems('process-kill', { service: 'walet', region: 'q' })).toHaveLength(2)
  expect(problems('link-latency', { from: 'wallet', to: 'game', latency_ms: 5, jitter_ms: 0 })).toEqual([
    'wallet never calls game (it calls postgres)',
  ])
  expect(problems('link-latency', { from: 'game', to: 'wallet', latency_ms: 5, jitter_ms: 9 })).toHaveLength(1)
  expect(problems('region-outage', { region: 'z' })).toHaveLength(1)
  expect(problems('node-pause', { region: 'z' })).toHaveLength(1)
})
