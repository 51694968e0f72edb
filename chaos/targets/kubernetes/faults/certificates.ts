import {
  type IssueCertificate,
  authorityIn,
  authorityName,
  certificateData,
  certificateIssuer,
} from '#kind-cluster/manifests/certificates.ts'
import { systemClock } from '#lib/clock.ts'
import type { Observations } from '#reports/record/observations.ts'
import type { ShownCertificate } from '#sut/contracts/state.ts'
import { type CertificateOwner, certificateOwners } from '#sut/deployment/certificate-owners.ts'
import { processesOf } from '#sut/contracts/topology.ts'
import { serialOf } from '#sut/deployment/pki.ts'
import type { FaultPort, IssuedCertificate } from '../../target.ts'
import { type Api, isGone } from '../access/api.ts'
import { type Pod, regionOf, workloadOf } from '../access/objects.ts'
import type { PodClient } from '../operations.ts'
import type { SystemRecord } from '../state.ts'
import type { ClusterView } from '../watch/view.ts'

type CertificateFaults = Required<Pick<FaultPort, 'rotateCertificates' | 'shownCertificate'>>

/** Certificates are issued here, with the key that the namespace keeps, and put into the Secrets that pods mount. */
export function createCertificateFaults(
  { id: namespace, descriptor, gateway_names }: Pick<SystemRecord, 'id' | 'descriptor' | 'gateway_names'>,
  around: { api: Pick<Api, 'call'>; view: Pick<ClusterView, 'instances'>; client: PodClient; observe: Observations },
): CertificateFaults {
  const { api, view, client, observe } = around
  const core = `/api/v1/namespaces/${namespace}`

  const replace = async (
    { service, region }: CertificateOwner,
    issue: IssueCertificate,
  ): Promise<IssuedCertificate> => {
    const issued = await issue(service, region)
    const body = { stringData: certificateData(service, issued) }
    await api.call('PATCH', `${core}/secrets/${processesOf(service, descriptor)}-${region}`, { patch: 'merge', body })
    const serial = serialOf(issued)
    observe.event('certificate-issued', `${service}-${region}`, { service, region, detail: serial })
    return { service, region, serial }
  }
  /** A kubelet looks at its Secrets about once a minute, and at once when a pod of it changes. */
  const hurry = async (pod: Pod, issued: readonly IssuedCertificate[]): Promise<void> => {
    const own = issued.find(
      ({ service, region }) => processesOf(service, descriptor) === workloadOf(pod) && region === regionOf(pod),
    )
    if (own === undefined) return
    const body = { metadata: { annotations: { 'slot-chaos/certificate': own.serial } } }
    try {
      await api.call('PATCH', `${core}/pods/${pod.metadata.name}`, { patch: 'merge', body })
    } catch (error) {
      if (!isGone(error)) throw error
    }
  }
  return {
    async rotateCertificates(chosen) {
      const secret = await api.call<{ data?: Record<string, string> }>('GET', `${core}/secrets/${authorityName}`)
      const issue = await certificateIssuer(authorityIn(secret), systemClock, gateway_names)
      const issued = await Promise.all(certificateOwners(descriptor, chosen).map((owner) => replace(owner, issue)))
      await Promise.all(view.instances().map((pod) => hurry(pod, issued)))
      return issued
    },
    shownCertificate: async (instance) =>
      (await client.json<ShownCertificate>(instance, '/certificate'))?.serial ?? null,
  }
}
