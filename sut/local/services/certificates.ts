import { readFile } from 'node:fs/promises'
import { textOf } from '#lib/errors.ts'
import { pause } from '#lib/wait.ts'
import { type CertificateOwner, certificateOwners } from '#sut/deployment/certificate-owners.ts'
import type { Authority, CertificateFiles } from '#sut/deployment/pki.ts'
import { factsOf } from '#sut/platform/certificates.ts'
import type { SystemContext } from '../context.ts'

export interface Issued extends CertificateOwner {
  serial: string
}

/** The certificates of all services: issued at the start, and again before they end. The services notice new files themselves. */
export interface ServiceCertificates {
  files(service: string, region: string): CertificateFiles
  /** Issues new ones: of one service or all, in one region or all. */
  rotate(chosen: Partial<CertificateOwner>): Promise<Issued[]>
  /** Issues new ones for whom only a third of the life is left: time for somebody to find out, when it fails, why. */
  renew(): Promise<Issued[]>
  /** Renews again and again until the system ends. */
  watch(): Promise<void>
}

const renew_every_ms = 60_000
const left_share_min = 1 / 3

export async function issueCertificates(
  { request, clock, observe, ending }: Pick<SystemContext, 'request' | 'clock' | 'observe' | 'ending'>,
  authority: Authority,
): Promise<ServiceCertificates> {
  const owners = certificateOwners(request.descriptor)
  const issue = async ({ service, region }: CertificateOwner) =>
    [`${service}-${region}`, await authority.issue(service, region)] as const
  const files = new Map(await Promise.all(owners.map(issue)))
  const filesOf = (service: string, region: string): CertificateFiles => files.get(`${service}-${region}`)!
  const factsNow = async ({ service, region }: CertificateOwner) =>
    factsOf(await readFile(filesOf(service, region).certificate, 'utf8'))

  const issueAgain = (chosen: readonly CertificateOwner[]): Promise<Issued[]> =>
    Promise.all(
      chosen.map(async (owner) => {
        await issue(owner)
        const { serial } = await factsNow(owner)
        observe.event('certificate-issued', `${owner.service}-${owner.region}`, { ...owner, detail: serial })
        return { ...owner, serial }
      }),
    )
  const nearsEnd = async (owner: CertificateOwner): Promise<boolean> => {
    const { from_ms, until_ms } = await factsNow(owner)
    return until_ms - clock.wall_ms() < (until_ms - from_ms) * left_share_min
  }
  const renew: ServiceCertificates['renew'] = async () => {
    const near = await Promise.all(owners.map(nearsEnd))
    return issueAgain(owners.filter((_, index) => near[index]))
  }
  return {
    files: filesOf,
    renew,
    rotate: (chosen) => issueAgain(certificateOwners(request.descriptor, chosen)),
    async watch() {
      // What fails now is tried again within the third that is left.
      const failed = (error: unknown): void => observe.event('watch-failed', 'certificates', { detail: textOf(error) })
      while (!ending.aborted) {
        await renew().catch(failed)
        await pause(renew_every_ms, ending).catch(() => undefined)
      }
    },
  }
}
