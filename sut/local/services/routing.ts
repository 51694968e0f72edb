import { type SystemContext, host } from '../context.ts'
import { type Surroundings, discoveryFile, discoveryView, discoveryWriter } from '../discovery.ts'
import { callersIn } from '#sut/contracts/topology.ts'
import { type Destination, isSelected, linksTo } from '#sut/deployment/links.ts'
import type { Proxies } from '../toxiproxy.ts'
import type { Edge } from './edges.ts'
import type { TargetsMessage } from './edge.ts'
import type { Instance } from './instance.ts'

export type StoreSurroundings = Omit<Surroundings, 'instances'>

/** Who is told of whom: the discovery files of the services, the targets of the doors, the proxies between them. */
export interface Routing {
  /** Puts a proxy on each selected link that leads there. */
  proxied(destination: Destination, port: number): Promise<void>
  /** Tells everybody which instances are ready. Calls while it runs end in one more run. */
  tell(): Promise<void>
}

export function createRouting(
  context: SystemContext,
  proxies: Proxies | null,
  stores: StoreSurroundings,
  edges: readonly Edge[],
  instances: readonly Instance[],
): Routing {
  const { request, observe, folder } = context
  const { descriptor } = request
  const write = discoveryWriter()
  const routed = new Set<Instance>()

  const tellServices = async (ready: readonly Instance[]): Promise<void> => {
    const around = {
      ...stores,
      instances: ready.map(({ name, service, region, port }) => ({ instance: name, service, region, port })),
    }
    for (const { name } of callersIn(descriptor))
      for (const region of descriptor.regions) {
        const view = discoveryView(name, region, around, descriptor, (link) => proxies?.port(link))
        await write(discoveryFile(folder, name, region), view)
      }
  }
  const tellEdges = (ready: readonly Instance[]): void => {
    for (const { region, kept } of edges) {
      const targets = ready.filter((each) => each.door && each.region === region)
      const message: TargetsMessage = { targets: targets.map(({ port }) => ({ host, port })) }
      const { child } = kept.process() ?? {}
      if (child?.connected === true) child.send(message, () => undefined)
    }
  }
  return {
    async proxied(destination, port) {
      if (proxies === null) return
      for (const link of linksTo([destination], descriptor))
        if (isSelected(link, request.links)) await proxies.ensure(link.id, port)
    },
    tell: singleFlight(async () => {
      const ready = instances.filter((instance) => instance.ready())
      await tellServices(ready)
      tellEdges(ready)
      for (const instance of ready.filter((each) => !routed.has(each)))
        observe.event('routed', instance.name, { service: instance.service, region: instance.region })
      routed.clear()
      for (const instance of ready) routed.add(instance)
    }),
  }
}

function singleFlight(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null
  let next: Promise<void> | null = null
  const run = (): Promise<void> => {
    running = work().finally(() => (running = null))
    return running
  }
  return () => {
    if (running === null) return run()
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = null
        return run()
      })
    return next
  }
}
