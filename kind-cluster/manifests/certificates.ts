import type { Clock } from '#lib/clock.ts'
import { type Certificate, type KeptAuthority, keptIssuer } from '#sut/deployment/pki.ts'
import type { Manifest } from './manifest.ts'
import { labels } from './names.ts'

// Nothing in the cluster issues certificates: whoever asks for new ones (the fault certificate-rotation) does. For that the key of the
// authority is in a Secret that no pod mounts, and that no pod may read.

/** So long because people, or a scheduled job, must think of it. */
const life_ms = 90 * 24 * 3_600_000

export const authorityName = 'authority'
const authorityFiles = { authority: 'authority.pem', key: 'authority.key.pem' } as const

export const authoritySecret = (system: string, { authority, key }: KeptAuthority): Manifest => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: authorityName, labels: labels(system) },
  type: 'Opaque',
  stringData: { [authorityFiles.authority]: authority, [authorityFiles.key]: key },
})

/** What is in that Secret, as the API server tells it: in base64. */
export function authorityIn({ data = {} }: { data?: Record<string, string> }): KeptAuthority {
  const text = (name: string): string => Buffer.from(data[name] ?? '', 'base64').toString()
  return { authority: text(authorityFiles.authority), key: text(authorityFiles.key) }
}

export type IssueCertificate = (service: string, region: string) => Promise<Certificate>

/** `gateway_names`: by which host names and addresses, beside those of this machine, players reach the system. */
export async function certificateIssuer(
  authority: KeptAuthority,
  clock: Pick<Clock, 'wall_ms'>,
  gateway_names: readonly string[],
): Promise<IssueCertificate> {
  const issuer = await keptIssuer(authority, { clock, life_ms })
  return (service, region) => issuer.issue(service, region, service === 'gateway' ? gateway_names : [])
}

/** Files of the Secret that a service has, alone or with the others of its host. */
export const certificateFiles = (service: string) => ({
  certificate: `${service}-certificate.pem`,
  key: `${service}-key.pem`,
})

/** A kubelet replaces all files of a Secret at once: nobody reads a key beside the certificate of another. */
export function certificateData(service: string, { certificate, key }: Certificate): Record<string, string> {
  const files = certificateFiles(service)
  return { [files.certificate]: certificate, [files.key]: key }
}
