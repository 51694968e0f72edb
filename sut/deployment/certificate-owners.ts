import type { SystemDescriptor } from '#sut/contracts/descriptor.ts'
import { callersIn } from '#sut/contracts/topology.ts'

/** All instances of a service in a region share a certificate. */
export interface CertificateOwner {
  service: string
  region: string
}

/** Of one service or all, in one region or all. */
export function certificateOwners(
  system: SystemDescriptor,
  { service, region }: Partial<CertificateOwner> = {},
): CertificateOwner[] {
  return callersIn(system)
    .filter(({ name }) => (service ?? name) === name)
    .flatMap(({ name }) => system.regions.map((each) => ({ service: name, region: each })))
    .filter((owner) => (region ?? owner.region) === owner.region)
}
