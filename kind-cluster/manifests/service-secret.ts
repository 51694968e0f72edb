import type { Region, ServiceDescriptor } from '#sut/contracts/descriptor.ts'
import { hostName, regions, zones } from '#sut/contracts/descriptor.ts'
import { serviceConfigOf } from '#sut/deployment/service-config.ts'
import { sentinelGroup } from '#sut/deployment/store-settings.ts'
import type { DiscoveryFile } from '#sut/platform/discovery.ts'
import type { Manifest } from './manifest.ts'
import { labels, ports, serviceHost, storeHost } from './names.ts'
import type { ManifestRequest } from './request.ts'

/** Where the files of a service's Secret are in its container. */
export const configFolder = '/etc/slot'

/** All that a service in a region must know and nobody else may: its configuration, its certificate, where the others are. */
export function serviceSecret(request: ManifestRequest, service: ServiceDescriptor, region: Region): Manifest {
  // A host of several services is refused before (chaos/targets/topologies.ts).
  if (service.name === hostName) throw new Error(`a cluster has no ${hostName}`)
  const { authority, certificate, key } = request.material.certificate(service.name, region)
  const place = {
    service: service.name,
    region,
    instance: `${service.name}-${region}`,
    system: request.system,
    design: request.design,
    listen: { host: '0.0.0.0', port: ports.calls },
    operations: { host: '0.0.0.0', port: ports.operations },
    certificates: {
      authority: `${configFolder}/authority.pem`,
      certificate: `${configFolder}/certificate.pem`,
      key: `${configFolder}/key.pem`,
    },
    discovery: `${configFolder}/discovery.json`,
    drain_ms: request.settings.drain_ms,
    ...(request.traces !== undefined && { traces: request.traces }),
  }
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: `${service.name}-${region}`, labels: labels(request.system, service.name, region) },
    type: 'Opaque',
    stringData: {
      'config.json': JSON.stringify(serviceConfigOf(place, request.descriptor, request.material.secrets)),
      'discovery.json': JSON.stringify(discoveryOf(request, service)),
      'authority.pem': authority,
      'certificate.pem': certificate,
      'key.pem': key,
    },
  }
}

/** What the service calls, by names, and nothing else. */
export function discoveryOf(request: ManifestRequest, { calls }: ServiceDescriptor): DiscoveryFile {
  const called = request.descriptor.services.filter(({ name }) => calls.includes(name))
  const nodes = <Z extends 'a' | 'b' | 'c'>(store: 'postgres' | 'redis' | 'sentinel' | 'nats', places: readonly Z[]) =>
    places.map((zone) => ({ region: zone, host: storeHost(request, store, zone), port: ports[store] }))
  const onlyIf = <T>(store: string, list: T[]): T[] => (calls.includes(store) ? list : [])
  return {
    services: Object.fromEntries(
      called.map(({ name }) => [
        name,
        request.descriptor.regions.map((region) => ({
          name: serviceHost(request, name, region),
          region,
          port: ports.calls,
        })),
      ]),
    ),
    postgres: onlyIf('postgres', nodes('postgres', regions)),
    redis: {
      sentinels: onlyIf('redis', nodes('sentinel', zones)).map(({ host, port }) => ({ host, port })),
      group: sentinelGroup,
      addresses: {},
    },
    nats: onlyIf('nats', nodes('nats', zones)),
  }
}
