import type { Clock } from '#lib/clock.ts'
import type { SystemDescriptor } from '#sut/contracts/descriptor.ts'
import { callersIn } from '#sut/contracts/topology.ts'
import { certificateOwners } from '#sut/deployment/certificate-owners.ts'
import { createKeptAuthority } from '#sut/deployment/pki.ts'
import { createSecrets } from '#sut/deployment/secrets.ts'
import { certificateIssuer } from './certificates.ts'
import type { Material } from './request.ts'

/** Passwords, keys and certificates of a new system. `gateway_names`: as for certificateIssuer. */
export async function createMaterial(options: {
  system: string
  descriptor: SystemDescriptor
  gateway_names: readonly string[]
  clock: Pick<Clock, 'wall_ms'>
}): Promise<Material> {
  const { descriptor, clock, gateway_names } = options
  const authority = await createKeptAuthority(options.system, { clock })
  const issue = await certificateIssuer(authority, clock, gateway_names)
  const issued = await Promise.all(
    certificateOwners(descriptor).map(
      async ({ service, region }) => [`${service}-${region}`, await issue(service, region)] as const,
    ),
  )
  const certificates = new Map(issued)
  return {
    secrets: createSecrets(callersIn(descriptor).map(({ name }) => name)),
    authority,
    certificate(service, region) {
      const found = certificates.get(`${service}-${region}`)
      if (found === undefined) throw new Error(`${service} in region ${region} has no certificate`)
      return found
    },
  }
}
