import type { SystemDescriptor } from '#sut/contracts/descriptor.ts'
import type { FaultPort, Link, RunningSystem, Target, Toxic } from '../targets/target.ts'
import type { StartLoad } from './load.ts'
import { memoryLoad } from './memory-load.ts'
import { memoryRequests } from './memory-requests.ts'

// A double for tests: a system that exists in memory alone and writes down what was asked of it, in order. A test can make any
// operation fail, hang or abort by `before`.

export const smallSystem: SystemDescriptor = {
  name: 'small',
  regions: ['a', 'b'],
  services: [
    { name: 'game', replicas: 1, calls: ['wallet', 'postgres'] },
    { name: 'wallet', replicas: 2, calls: ['postgres'] },
  ],
  stores: ['postgres'],
  slo: { success_rate: 0.99, p99_ms: 500 },
}

export interface MemoryOptions {
  /** Called before each operation with its name: what it throws, the operation throws. */
  before?: (operation: string) => void | Promise<void>
  /** Faults are accepted and change nothing. */
  blunt?: boolean
  capabilities?: Target['capabilities']
  lost?: AbortSignal
}

export interface MemoryWorld {
  target: Target
  startLoad: StartLoad
  /** Everything that was done, in order: `up`, `kill wallet-a-1`, `down`. */
  readonly operations: string[]
  /** What exists now: systems, loads, toxics, stopped regions. Empty: nothing was left. */
  left(): string[]
  /** Share of operations that fail from now on; null: nothing ends any more. */
  failing_share: number | null
  /** Instances of each service in a region: more of them are more links. */
  replicas: number
  /** Somebody else undoes what is left of this kind (`toxic`, `stopped`), as if by hand. */
  undoFromOutside(kind: string): void
}

export function memoryWorld(options: MemoryOptions = {}): MemoryWorld {
  const operations: string[] = []
  const existing = new Set<string>()
  const did = async (operation: string): Promise<void> => {
    await options.before?.(operation)
    operations.push(operation)
  }
  const target: Target = {
    name: 'memory',
    programs: [],
    capabilities: options.capabilities ?? [
      'process.kill',
      'process.hold',
      'link.toxic',
      'region.outage',
      'certificate.rotate',
      'requests.hold',
    ],
    up: async () => {
      await did('up')
      existing.add('system memory-1')
      return memorySystem(existing, did, { ...options, world: () => world })
    },
    list: async () => {
      const [gateways, started_at_ms]: [[], number] = [[], 0]
      const status = { target: 'memory', design: 'standard', started_at_ms, gateways, owner_alive: false }
      return existing.has('system memory-1') ? [{ id: 'memory-1', ...status }] : []
    },
    connect: async () => memorySystem(existing, did, { ...options, world: () => world }),
    recover: async () => {
      const found = [...existing]
      existing.clear()
      return { found, undone: found, failed: [] }
    },
  }
  const world: MemoryWorld = {
    target,
    startLoad: (request) => memoryLoad(world, existing, did, request),
    operations,
    left: () => [...existing],
    failing_share: 0,
    replicas: 1,
    undoFromOutside(kind) {
      for (const name of existing) if (name.startsWith(kind)) existing.delete(name)
    },
  }
  return world
}

export type Did = (operation: string) => Promise<void>

type Inside = MemoryOptions & { world: () => MemoryWorld }

function memorySystem(existing: Set<string>, did: Did, options: Inside): RunningSystem {
  const down = async (): Promise<void> => {
    if (!existing.has('system memory-1')) return
    await did('down')
    for (const name of existing) if (!name.startsWith('load')) existing.delete(name)
  }
  const at_ms = (): number => performance.timeOrigin + performance.now()
  const stopped = (region: string): boolean => existing.has(`stopped ${region}`)
  return {
    id: 'memory-1',
    descriptor: smallSystem,
    gateways: [{ region: 'a', url: 'https://127.0.0.1:1' }],
    authority_file: '/nowhere.pem',
    accounts_file: '/nowhere.json',
    trace_key_file: '/nowhere-key',
    versions: { memory: '1' },
    settings: { lease_ttl_ms: 1 },
    sample: async () => ({
      kind: 'sample',
      at_ms: at_ms(),
      instances: ['a', 'b'].flatMap((region) =>
        ['game-1', 'wallet-1', 'wallet-2'].map((slot) => memoryInstance(slot, region, !stopped(region))),
      ),
      stores: {
        postgres: { leader: 'a', standby_state: 'streaming', replication_lag_bytes: 0 },
        redis: { leader: 'a' },
        nats: { leader: 'a', nodes_ready: 3 },
      },
      pending: {},
    }),
    events: async function* (signal) {
      yield { kind: 'event', at_ms: at_ms(), event: 'ready', subject: 'wallet-a-1' }
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    },
    guard: async () => {},
    pending: async () => ({ outbox: 0 }),
    dump: async function* () {
      await did('dump')
      yield { kind: 'account', account: 'player:1', balance_minor: 5, version: 1 }
    },
    faults: memoryFaults(existing, did, options),
    lost: options.lost ?? new AbortController().signal,
    down,
    [Symbol.asyncDispose]: down,
  }
}

function memoryInstance(slot: string, region: string, ready: boolean) {
  const [service, number] = slot.split('-') as [string, string]
  const state = ready ? ('ready' as const) : ('stopped' as const)
  const numbers = { cpu_millicores: 1, resident_bytes: 1, requests_per_s: 1, queue_depth: 0, latency_p95_ms: 1 }
  return { instance: `${service}-${region}-${number}`, service, region, state, restarts: 0, ...numbers }
}

function memoryFaults(existing: Set<string>, did: Did, { blunt = false, world, before }: Inside): FaultPort {
  const asked = async (question: string): Promise<void> => before?.(question)
  const add = (name: string): void => void (blunt || existing.add(name))
  const toxicName = (link: string, name: string): string => `toxic ${name} on ${link}`
  const toxics = new Map<string, Toxic>()
  let certificates = 1
  const port: FaultPort = {
    links: async ({ from, to, from_region }) =>
      (['a', 'b'] as const)
        .filter((region) => (from_region ?? region) === region)
        .flatMap((region) => Array.from({ length: world().replicas }, (_, index) => ({ region, number: index + 1 })))
        .map(({ region, number }): Link => {
          const to_instance = `${to}-${region}-${number}`
          return {
            id: `${from}-${region}>${to_instance}`,
            from,
            from_region: region,
            to,
            to_region: region,
            to_instance,
          }
        }),
    kill: async (instances) => {
      await did(`kill ${instances.join(' ')}`)
      return instances.map((instance, index) => ({ instance, pid: 1000 + index }))
    },
    gone: async () => !blunt,
    stopProcesses: async (names) => {
      await did(`stopProcesses ${names.join(' ')}`)
      for (const name of names) add(`stopped ${name}`)
      return names.map((subject, index) => ({ subject, pid: 3000 + index }))
    },
    startProcesses: async (names) => {
      await did(`startProcesses ${names.join(' ')}`)
      for (const name of names) existing.delete(`stopped ${name}`)
    },
    runningOf: async (names) => names.filter((name) => !existing.has(`stopped ${name}`)),
    addToxic: async (link, toxic) => {
      await did(`addToxic ${link} ${toxic.type}`)
      toxics.set(toxicName(link, toxic.name), toxic)
      add(toxicName(link, toxic.name))
    },
    removeToxic: async (link, name) => {
      await did(`removeToxic ${link}`)
      existing.delete(toxicName(link, name))
    },
    hasToxic: async (link, name) => existing.has(toxicName(link, name)),
    probeLink: async (link) => {
      const active = [...toxics].filter(([name]) => name.endsWith(` on ${link}`) && existing.has(name))
      const cut = active.some(([, { type }]) => type !== 'latency')
      const latency_ms = active.reduce((sum, [, { attributes }]) => sum + (attributes['latency'] ?? 0), 0)
      return { connected: !cut, round_trip_ms: cut ? null : 1 + latency_ms, error: cut ? 'reset' : null }
    },
    stopRegion: async (region) => {
      await did(`stopRegion ${region}`)
      add(`stopped ${region}`)
      return [{ subject: `wallet-${region}-1`, pid: 2000 }]
    },
    startRegion: async (region) => {
      await did(`startRegion ${region}`)
      existing.delete(`stopped ${region}`)
    },
    runningIn: async (region) => {
      await asked(`runningIn ${region}`)
      return existing.has(`stopped ${region}`) ? [] : [`wallet-${region}-1`]
    },
    deletePods: async (instances) => {
      await did(`deletePods ${instances.join(' ')}`)
    },
    leaving: async () => !blunt,
    machines: async (region) => [`machine-${region}`],
    pauseMachine: async (machine) => {
      await did(`pauseMachine ${machine}`)
      add(`stopped ${machine}`)
    },
    resumeMachine: async (machine) => {
      await did(`resumeMachine ${machine}`)
      existing.delete(`stopped ${machine}`)
    },
    probeMachine: async (machine) => (existing.has(`stopped ${machine}`) ? null : 'ok'),
    rotateCertificates: async ({ service = 'all', region = 'everywhere' }) => {
      await did(`rotateCertificates ${service} ${region}`)
      if (!blunt) certificates++
      return [{ service, region, serial: blunt ? 'never shown' : `serial-${certificates}` }]
    },
    ...memoryRequests(existing, did, blunt),
    shownCertificate: async () => `serial-${certificates}`,
    undo: async ({ operation, arguments: { link, name, region, machine } }) => {
      if (operation === 'removeToxic') await port.removeToxic(String(link), String(name))
      else if (operation === 'startProcess') await port.startProcesses([String(name)])
      else if (operation === 'releaseRequests') await port.releaseRequests!(String(region))
      else if (operation === 'resumeMachine') await port.resumeMachine!(String(machine))
      else await port.startRegion(String(region))
    },
    residue: async () => [...existing].filter((name) => /^(toxic|stopped|held)/.test(name)),
  }
  return port
}
