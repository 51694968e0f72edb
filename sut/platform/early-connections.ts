import { pause } from '#lib/wait.ts'
import { calls, serviceOf, type CallName } from '#sut/contracts/calls.ts'
import type { ServiceName } from '#sut/contracts/descriptor.ts'
import type { ServiceConfig } from './config.ts'
import type { DiscoveryWatch } from './discovery.ts'
import { loadClient } from './peer.ts'
import type { KeyedInstance, Peers } from './peers.ts'
import { probePath } from './prober.ts'

// A handshake, and code that nothing has run yet, cost more than the call itself: when a region starts again, its first players
// would wait for both at each hop. So instances are connected to when discovery names them, and a service that starts has used its
// own door and those of its callees before it is ready. Where its region starts as a whole it waits for them: until they are there
// the other region serves faster than a machine that is busy with a dozen starts.

const connect_limit_ms = 1000
/** A region that has lost a service for longer is better than none. */
const neighbours_limit_ms = 20_000
const look_every_ms = 100

export interface EarlyConnections {
  /** Ends when the callees of the own region, and the own door, have answered, or had the time to. */
  first(port: number): Promise<void>
  close(): void
}

export function earlyConnections(options: {
  config: ServiceConfig
  peers: Peers
  discovery: DiscoveryWatch
}): EarlyConnections {
  const { config, peers, discovery } = options
  const callees = calleesOf(config.service)
  const known = new Set<string>()

  const connect = async (target: KeyedInstance): Promise<void> => {
    known.add(target.key)
    // Whoever does not answer now is connected to by the first call, as if nothing had been tried.
    await peers
      .get(target)
      .request({ method: 'GET', path: probePath, headers: {} }, connect_limit_ms)
      .catch(() => peers.drop(target.key))
  }
  const near = (service: string): KeyedInstance[] => peers.of(service).filter(({ region }) => region === config.region)
  const connectNew = (): Promise<void>[] => {
    for (const key of known) if (!peers.names(key)) known.delete(key)
    return callees
      .flatMap(near)
      .filter(({ key }) => !known.has(key))
      .map(connect)
  }
  /** Services that discovery knows, and of which this region has none now. */
  const absent = (): string[] =>
    callees.filter((service) => service in discovery.current().services && near(service).length === 0)
  const stopListening = discovery.onChange(() => void connectNew())

  return {
    first: async (port) => {
      if (callees.length === 0) return
      await loadClient()
      const end = performance.now() + neighbours_limit_ms
      while (absent().length > 0 && performance.now() < end) await pause(look_every_ms)
      const { service, region, instance, listen } = config
      const own = { service, region, instance, host: listen.host, port, key: `${listen.host}:${port}` }
      await Promise.all([...connectNew(), connect(own)])
      peers.drop(own.key)
    },
    close: stopListening,
  }
}

function calleesOf(service: ServiceName): string[] {
  const called = Object.entries(calls).filter(([, { callers }]) => (callers as readonly string[]).includes(service))
  return [...new Set(called.map(([name]) => serviceOf(name as CallName)))]
}
