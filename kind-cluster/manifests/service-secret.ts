import type { Region, ServiceDescriptor } from '#sut/contracts/descriptor.ts'
import { regions, zones } from '#sut/contracts/descriptor.ts'
import type { Caller } from '#sut/contracts/topology.ts'
import { fileOf, serviceConfigOf } from '#sut/deployment/service-config.ts'
import { sentinelGroup } from '#sut/deployment/store-settings.ts'
import type { ServiceConfig } from '#sut/platform/config.ts'
import type { DiscoveryFile } from '#sut/platform/discovery.ts'
import { certificateData, certificateFiles } from './certificates.ts'
import type { Manifest } from './manifest.ts'
import { labels, ports, serviceHost, storeHost } from './names.ts'
import { type Part, partsOf } from './parts.ts'
import type { ManifestRequest } from './request.ts'

/** Where the files of a service's Secret are in its container. */
export const configFolder = '/etc/slot'

/**
 * All that a service in a region must know and nobody else may: its configuration, its certificate, where the others are. Of a
 * host it is that of each service in it.
 */
export function serviceSecret(request: ManifestRequest, service: ServiceDescriptor, region: Region): Manifest {
  const parts = partsOf(service)
  const configs = parts.map((part) => configOf(request, part, region))
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: `${service.name}-${region}`, labels: labels(request.system, service.name, region) },
    type: 'Opaque',
    stringData: {
      'config.json': JSON.stringify(fileOf(service.name, configs)),
      'authority.pem': request.material.authority.authority,
      ...Object.assign({}, ...parts.map((part) => filesOf(request, part, region))),
    },
  }
}

function configOf(request: ManifestRequest, { name, operations_port }: Part, region: Region): ServiceConfig {
  const files = certificateFiles(name)
  const place = {
    service: name,
    region,
    instance: `${name}-${region}`,
    system: request.system,
    design: request.design,
    listen: { host: '0.0.0.0', port: ports.calls },
    operations: { host: '0.0.0.0', port: operations_port },
    certificates: {
      authority: `${configFolder}/authority.pem`,
      certificate: `${configFolder}/${files.certificate}`,
      key: `${configFolder}/${files.key}`,
    },
    discovery: `${configFolder}/${name}-discovery.json`,
    drain_ms: request.settings.drain_ms,
    ...(request.traces !== undefined && { traces: request.traces }),
  }
  return serviceConfigOf(place, request.descriptor, request.material.secrets)
}

const filesOf = (request: ManifestRequest, part: Part, region: Region): Record<string, string> => ({
  [`${part.name}-discovery.json`]: JSON.stringify(discoveryOf(request, part)),
  ...certificateData(part.name, request.material.certificate(part.name, region)),
})

/** What the service calls, by names, and nothing else. */
export function discoveryOf(request: ManifestRequest, { calls }: Pick<Caller, 'calls'>): DiscoveryFile {
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
