import { textOf } from '#lib/errors.ts'
import { pause } from '#lib/wait.ts'
import type { SystemContext } from '../context.ts'
import type { Proxies } from '../toxiproxy.ts'
import type { ServiceCertificates } from './certificates.ts'
import { type Edge, createEdge } from './edges.ts'
import { type Instance, createInstance } from './instance.ts'
import { type OperationsClient, operationsClient } from './operations.ts'
import { type StoreSurroundings, createRouting } from './routing.ts'

/** All instances of all services, and the doors of the regions. */
export interface Fleet {
  readonly operations: OperationsClient
  readonly edges: readonly Edge[]
  instances(): readonly Instance[]
  /** Those of a service in a region that are to stay, ready or not. */
  replicas(service: string, region: string): Instance[]
  /** Adds or stops instances until there are that many. Resolves when they are started, or told to stop. */
  scale(service: string, region: string, replicas: number): Promise<void>
  /** Probes all instances once, and tells everybody who is ready. */
  refresh(): Promise<void>
  /** Refreshes again and again until the system ends. */
  watch(): Promise<void>
}

export async function createFleet(
  context: SystemContext,
  certificates: ServiceCertificates,
  proxies: Proxies | null,
  stores: StoreSurroundings,
): Promise<Fleet> {
  const { request, settings, observe, ending } = context
  const { descriptor } = request
  const operations = operationsClient(context.secrets.operations_tokens, ending)
  const instances: Instance[] = []
  const edges = descriptor.regions.map((region) => createEdge(context, region))
  const routing = createRouting(context, proxies, stores, edges, instances)
  for (const to of ['postgres', 'redis', 'nats'] as const)
    for (const { region, port } of stores[to]) await routing.proxied({ to, region, instance: `${to}-${region}` }, port)
  await routing.tell()
  await Promise.all(edges.map(({ kept }) => kept.start()))

  // What goes wrong here is mended by the next turn of the watch.
  const changed = (): void => void routing.tell().catch(() => undefined)
  const add = async (service: string, region: string, ordinal: number): Promise<void> => {
    const own = { service, region, ordinal, certificates, operations, changed }
    const instance = createInstance(context, own)
    await routing.proxied({ to: service, region, instance: instance.name }, instance.port)
    instances.push(instance)
    await instance.kept.start()
  }
  const remove = async (instance: Instance): Promise<void> => {
    await instance.stop()
    instances.splice(instances.indexOf(instance), 1)
  }
  const named = (service: string, region: string): Instance[] =>
    instances.filter((each) => each.service === service && each.region === region)
  const fleet: Fleet = {
    operations,
    edges,
    instances: () => instances,
    replicas: (service, region) => named(service, region).filter((each) => !each.leaving()),
    async scale(service, region, replicas) {
      const present = fleet.replicas(service, region)
      // As a ReplicaSet does it: those that are not ready go first, then the youngest.
      const order = present.toSorted((x, y) => Number(x.ready()) - Number(y.ready()) || y.ordinal - x.ordinal)
      for (const instance of order.slice(0, Math.max(0, present.length - replicas))) void remove(instance)
      const used = named(service, region).map(({ ordinal }) => ordinal)
      for (let missing = replicas - present.length, ordinal = 1; missing > 0; ordinal++) {
        if (used.includes(ordinal)) continue
        await add(service, region, ordinal)
        missing--
      }
    },
    async refresh() {
      // Each change is told at once: one instance that lets its probe wait does not hold up the others.
      await Promise.all(instances.map(async (instance) => ((await instance.probe()) ? routing.tell() : undefined)))
      await routing.tell()
    },
    async watch() {
      const failed = (error: unknown): void => observe.event('watch-failed', 'fleet', { detail: textOf(error) })
      while (!ending.aborted) {
        fleet.refresh().catch(failed)
        await pause(settings.readiness_period_ms, ending).catch(() => undefined)
      }
    },
  }
  return fleet
}
