import { watch } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { Type, type Static } from 'typebox'
import { Failure, textOf } from '#lib/errors.ts'
import { regionName, zones } from '#sut/contracts/descriptor.ts'
import { readJson } from './config.ts'
import { dnsResolve, watchNames, type NameWatch, type Resolve } from './discovery-names.ts'
import { violationsOf } from './validation.ts'

// The file that tells a process where everything else is, from its own place: whoever runs the system writes one for each
// (caller service, region), with a rename, so that no reader sees half of it. An address leads through a proxy where the
// link carries one; a name stands for all addresses that it has.
const address = { host: Type.String({ minLength: 1 }), port: Type.Integer({ minimum: 1, maximum: 65535 }) }
const zonal = Type.Object({ region: Type.Enum(zones), ...address })
const instance = Type.Object({ instance: Type.String(), region: regionName, ...address })
/** All instances of a region by one name: whoever reads the file asks for its addresses, again and again. */
const named = Type.Object({ name: Type.String({ minLength: 1 }), region: regionName, port: address.port })

export const discovery = Type.Object({
  /** By service name. Only instances that exist; whether one is healthy the caller finds out by itself. */
  services: Type.Record(Type.String(), Type.Array(Type.Union([instance, named]))),
  postgres: Type.Array(zonal),
  redis: Type.Object({
    sentinels: Type.Array(Type.Object(address)),
    group: Type.String(),
    /** Address that Sentinel names ('host:port') → address to use instead. */
    addresses: Type.Record(Type.String(), Type.Object(address)),
  }),
  nats: Type.Array(zonal),
})

export type DiscoveryFile = Static<typeof discovery>
/** What the file says, with the addresses that its names have now. */
export type Discovery = Omit<DiscoveryFile, 'services'> & { services: Record<string, Instance[]> }
export type Instance = Static<typeof instance>
export type ZonalAddress = Static<typeof zonal>

export interface DiscoveryWatch {
  current(): Discovery
  /** Returns the way to stop listening. */
  onChange(listener: (now: Discovery) => void): () => void
  close(): void
}

/** File events can be lost, so the file is read again this often even when none came. */
const reread_ms = 1000

/** Throws CONFIG_INVALID when the file is bad at the start; a bad file later is reported and the last good one stays. */
export function watchDiscovery(
  path: string,
  report: (text: string) => void,
  resolve: Resolve = dnsResolve(),
): DiscoveryWatch {
  let file = readJson(path, discovery)
  let text = JSON.stringify(file)
  let bad = ''
  let closed = false
  const listeners = new Set<(now: Discovery) => void>()
  const changed = (): void => {
    now = resolved(file, names)
    for (const listener of listeners) listener(now)
  }
  const names = watchNames({ resolve, changed, report })
  names.watch(namesIn(file))
  let now = resolved(file, names)

  const read = async (): Promise<void> => {
    try {
      const fresh = await readFile(path, 'utf8')
      if (closed || fresh === text || fresh === bad) return
      bad = fresh
      const value = JSON.parse(fresh) as DiscoveryFile
      const violations = violationsOf(discovery, value)
      if (violations.length > 0) throw new Failure('CONFIG_INVALID', violations.join('; '))
      text = fresh
      file = value
      names.watch(namesIn(file))
      changed()
    } catch (error) {
      report(`discovery file ${path} not taken: ${textOf(error)}`)
    }
  }

  const timer = setInterval(() => void read(), reread_ms).unref()
  // The folder, not the file: a rename replaces the file, and a watch on it would stay with the old one.
  const watcher = watch(dirname(path), (_event, name) => {
    if (name === basename(path)) void read()
  }).unref()
  watcher.on('error', () => watcher.close())

  return {
    current: () => now,
    onChange: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: () => {
      closed = true
      names.close()
      clearInterval(timer)
      watcher.close()
    },
  }
}

function namesIn({ services }: DiscoveryFile): string[] {
  const all = Object.values(services).flatMap((list) => list.flatMap((each) => ('name' in each ? [each.name] : [])))
  return [...new Set(all)]
}

/** An instance that is known by its address alone is called by it. */
function resolved(file: DiscoveryFile, names: NameWatch): Discovery {
  const instancesOf = (each: DiscoveryFile['services'][string][number]): Instance[] => {
    if (!('name' in each)) return [each]
    const { name, region, port } = each
    return names.addresses(name).map((host) => ({ instance: host, region, host, port }))
  }
  const services = Object.entries(file.services).map(([service, list]) => [service, list.flatMap(instancesOf)])
  return { ...file, services: Object.fromEntries(services) as Record<string, Instance[]> }
}
