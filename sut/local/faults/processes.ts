import { Failure } from '#lib/errors.ts'
import { type ProcessIdentity, alive } from '#lib/process.ts'
import type { Region } from '#sut/contracts/descriptor.ts'
import type { SystemContext } from '../context.ts'
import type { Fleet } from '../services/fleet.ts'
import type { Stores } from '../stores.ts'

export interface Killed {
  subject: string
  pid: number
}

/** Killing processes, one by one or a region at once. A stopped region belongs to a session, and comes back with its end. */
export interface ProcessFaults {
  kill(names: readonly string[]): Killed[]
  /** Killed, and down until `release`, or until the session ends. */
  hold(session: string, names: readonly string[]): Killed[]
  release(names: readonly string[]): Promise<void>
  running(names: readonly string[]): string[]
  gone(pid: number): boolean
  stopRegion(session: string, region: string): Killed[]
  /** Resolves when everything has been started; not when it is ready. */
  startRegion(region: string): Promise<void>
  /** Names of the processes of a region that live. */
  runningIn(region: string): string[]
  isUp(region: string): boolean
  residue(): string[]
  revert(session: string): Promise<void>
}

type Kill = (ProcessIdentity & Killed) | null
/** Anything that can be killed by its name: an instance, a door, a node of a store. */
interface Part {
  name: string
  about: { service?: string; region: string }
  process(): ProcessIdentity | null
  kill(): Kill
  hold(): Kill
  release(): Promise<void>
}

const killed_max = 10_000

export function createProcessFaults({ request, observe }: SystemContext, fleet: Fleet, stores: Stores): ProcessFaults {
  const killed = new Map<number, ProcessIdentity>()
  const stopped = new Map<Region, string>() // region → session
  const down = new Map<string, string>() // name of a process that is kept down → session

  const remember = (each: Kill): Killed[] => {
    if (each === null) return []
    if (killed.size >= killed_max) killed.clear()
    killed.set(each.pid, each)
    return [{ subject: each.subject, pid: each.pid }]
  }
  const regionOf = (region: string): Region => {
    const found = request.descriptor.regions.find((each) => each === region)
    if (found === undefined) throw new Failure('UNKNOWN_INSTANCE', `there is no region ${region}`)
    return found
  }
  const partsIn = (region: Region): Part[] => partsOf(fleet, stores).filter(({ about }) => about.region === region)
  const startRegion: ProcessFaults['startRegion'] = async (name) => {
    const region = regionOf(name)
    if (!stopped.delete(region)) return
    observe.event('region-started', `region ${region}`, { region })
    await Promise.all(partsIn(region).flatMap((part) => (down.has(part.name) ? [] : [part.release()])))
  }
  const named = (names: readonly string[]): Part[] => {
    const parts = partsOf(fleet, stores)
    return names.map((name) => {
      const part = parts.find((each) => each.name === name)
      if (part === undefined) throw new Failure('UNKNOWN_INSTANCE', `there is no process ${name} in this system`)
      return part
    })
  }
  const lives = (part: Part): boolean => {
    const process = part.process()
    return process !== null && alive(process)
  }
  const release: ProcessFaults['release'] = async (names) => {
    const freed = partsOf(fleet, stores).filter(({ name }) => names.includes(name) && down.delete(name))
    for (const { name, about } of freed) observe.event('process-started', name, about)
    // One whose region is stopped comes back with it.
    await Promise.all(freed.filter(({ about }) => !isStopped(about.region)).map((part) => part.release()))
  }
  const isStopped = (region: string): boolean => [...stopped.keys()].some((each) => each === region)
  return {
    startRegion,
    release,
    hold(session, names) {
      return named(names).flatMap((part) => {
        down.set(part.name, session)
        observe.event('killed', part.name, part.about)
        return remember(part.hold())
      })
    },
    running: (names) => named(names).flatMap((part) => (lives(part) ? [part.name] : [])),
    kill(names) {
      return named(names).flatMap((part) => {
        observe.event('killed', part.name, part.about)
        return remember(part.kill())
      })
    },
    gone(pid) {
      const identity = killed.get(pid)
      return identity === undefined || !alive(identity)
    },
    stopRegion(session, name) {
      const region = regionOf(name)
      stopped.set(region, session)
      observe.event('region-stopped', `region ${region}`, { region })
      return partsIn(region).flatMap((part) => remember(part.hold()))
    },
    runningIn: (name) => partsIn(regionOf(name)).flatMap((part) => (lives(part) ? [part.name] : [])),
    isUp: (region) => !isStopped(region),
    residue: () => [
      ...[...stopped.keys()].map((region) => `region ${region} is stopped`),
      ...[...down.keys()].map((name) => `process ${name} is kept down`),
    ],
    async revert(session) {
      const own = [...stopped].filter(([, owner]) => owner === session)
      for (const [region] of own) await startRegion(region)
      await release([...down].filter(([, owner]) => owner === session).map(([name]) => name))
    },
  }
}

function partsOf(fleet: Fleet, { postgres, redis, nats }: Stores): Part[] {
  return [
    ...fleet.instances().map(({ kept, service, region }) => ({ ...kept, about: { service, region } })),
    ...[...fleet.edges, ...redis.nodes, ...redis.sentinels, ...nats.nodes].map(({ kept, region }) => ({
      ...kept,
      about: { region },
    })),
    ...postgres.nodes.map((server) => ({
      name: server.name,
      about: { region: server.region },
      process: () => server.process(),
      kill: () => postgres.kill(server.region),
      hold: () => postgres.hold(server.region),
      release: async () => postgres.release(server.region),
    })),
  ]
}
