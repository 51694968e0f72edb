import type { Region, ServiceName } from '#sut/contracts/descriptor.ts'
import type { CertificateFiles } from '#sut/deployment/pki.ts'
import { fileOf, serviceConfigOf } from '#sut/deployment/service-config.ts'
import { type SystemContext, host } from '../context.ts'
import { discoveryFile } from '../discovery.ts'

/** A service within the process of an instance: the one that it is an instance of, or each that its host has. */
export interface ProcessPart {
  readonly service: ServiceName
  /** wallet-a-1 */
  readonly name: string
  readonly operations_port: number
}
export interface ProcessPlace {
  service: string
  region: string
  ordinal: number
}

export function partsOf({ request, ports }: SystemContext, { service, region, ordinal }: ProcessPlace): ProcessPart[] {
  const hosts = request.descriptor.services.find(({ name }) => name === service)?.hosts
  const names = hosts?.map(({ name }) => name) ?? [service as ServiceName]
  return names.map((each) => {
    const name = `${each}-${region}-${ordinal}`
    return { service: each, name, operations_port: ports.port(`${name} operations`) }
  })
}

/** What sut/platform/config.ts reads: the configuration of a service, or of all that a host has. */
export function configurationOf(
  { folder, request, secrets, settings }: SystemContext,
  { service, region }: ProcessPlace,
  { port, parts, certificates }: { port: number; parts: ProcessPart[]; certificates: (of: string) => CertificateFiles },
): object {
  const configs = parts.map((part) => {
    const place = {
      service: part.service,
      region: region as Region,
      instance: part.name,
      system: request.id,
      design: request.design,
      listen: { host, port },
      operations: { host, port: part.operations_port },
      certificates: certificates(part.service),
      discovery: discoveryFile(folder, part.service, region),
      drain_ms: settings.drain_ms,
      ...(request.traces !== undefined && { traces: request.traces }),
    }
    return serviceConfigOf(place, request.descriptor, secrets)
  })
  return fileOf(service, configs)
}
