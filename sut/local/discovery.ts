import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SystemDescriptor } from '#sut/contracts/descriptor.ts'
import { host } from './context.ts'
import { linkId } from '#sut/deployment/links.ts'

// What a service in a region sees of the others: one file for each of both, replaced as a whole whenever it changes.
export interface Address {
  host: string
  port: number
}
export interface Placed extends Address {
  region: string
}
export interface DiscoveryView {
  services: Record<string, (Placed & { instance: string })[]>
  postgres: Placed[]
  redis: { sentinels: Address[]; group: string; addresses: Record<string, Address> }
  nats: Placed[]
}

/** Where everything really listens, without proxies. Instances: those that are ready. */
export interface Surroundings {
  instances: readonly { service: string; instance: string; region: string; port: number }[]
  postgres: readonly { region: string; port: number }[]
  redis: readonly { region: string; port: number }[]
  sentinels: readonly { region: string; port: number }[]
  sentinel_group: string
  nats: readonly { region: string; port: number }[]
}

/** `proxyPort`: of the proxy on a link, undefined when it carries none. */
export function discoveryView(
  service: string,
  region: string,
  around: Surroundings,
  system: SystemDescriptor,
  proxyPort: (link: string) => number | undefined,
): DiscoveryView {
  const through = (instance: string, port: number): Address => ({
    host,
    port: proxyPort(linkId(service, region, instance)) ?? port,
  })
  const nodes = (store: string, all: readonly { region: string; port: number }[]): Placed[] =>
    all.map((node) => ({ region: node.region, ...through(`${store}-${node.region}`, node.port) }))
  return {
    services: Object.fromEntries(
      system.services
        .filter(({ hosts }) => hosts === undefined)
        .map(({ name }) => [
          name,
          around.instances
            .filter((each) => each.service === name)
            .map((each) => ({ instance: each.instance, region: each.region, ...through(each.instance, each.port) })),
        ]),
    ),
    postgres: nodes('postgres', around.postgres),
    redis: {
      sentinels: around.sentinels.map(({ port }) => ({ host, port })),
      group: around.sentinel_group,
      addresses: Object.fromEntries(
        around.redis.map((node) => [`${host}:${node.port}`, through(`redis-${node.region}`, node.port)]),
      ),
    },
    nats: nodes('nats', around.nats),
  }
}

export const discoveryFile = (folder: string, service: string, region: string): string =>
  join(folder, 'discovery', `${service}-${region}.json`)

/** Writes files whose text has changed since the last time; readers see the old or the new one, never a part. */
export function discoveryWriter(): (path: string, view: DiscoveryView) => Promise<void> {
  const written = new Map<string, string>()
  return async (path, view) => {
    const text = JSON.stringify(view)
    if (written.get(path) === text) return
    await writeFile(`${path}.new`, text, { mode: 0o600 })
    await rename(`${path}.new`, path)
    written.set(path, text)
  }
}
