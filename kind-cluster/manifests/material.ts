import type { SystemDescriptor } from '#sut/contracts/descriptor.ts'
import { callersIn } from '#sut/contracts/topology.ts'
import { createIssuer, type Certificate } from '#sut/deployment/pki.ts'
import { createSecrets } from '#sut/deployment/secrets.ts'
import type { Material } from './request.ts'

/**
 * Passwords, keys and certificates of a new system. `gateway_names`: by which host names and addresses, beside those of this
 * machine, players reach it.
 */
export async function createMaterial(options: {
  system: string
  descriptor: SystemDescriptor
  gateway_names: readonly string[]
  wall_ms: number
}): Promise<Material> {
  const { regions } = options.descriptor
  const services = callersIn(options.descriptor).map(({ name }) => name)
  const issuer = await createIssuer(options.system, options.wall_ms)
  const issued = await Promise.all(
    services.flatMap((name) =>
      regions.map(async (region): Promise<[string, Certificate]> => {
        const names = name === 'gateway' ? options.gateway_names : []
        return [`${name}-${region}`, await issuer.issue(name, region, names)]
      }),
    ),
  )
  const certificates = new Map(issued)
  return {
    secrets: createSecrets(services),
    authority: issuer.authority,
    certificate(service, region) {
      const found = certificates.get(`${service}-${region}`)
      if (found === undefined) throw new Error(`${service} in region ${region} has no certificate`)
      return found
    },
  }
}
