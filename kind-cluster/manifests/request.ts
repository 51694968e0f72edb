import type { Region, SystemDescriptor, Zone } from '#sut/contracts/descriptor.ts'
import type { TraceSettings } from '#sut/contracts/tracing.ts'
import type { Certificate, KeptAuthority } from '#sut/deployment/pki.ts'
import type { Secrets } from '#sut/deployment/secrets.ts'
import type { KubernetesSettings } from './settings.ts'

/** Secrets and certificates of one system: made once, at its start (material.ts). */
export interface Material {
  secrets: Secrets
  /** That signed all certificates, with its key. */
  authority: KeptAuthority
  certificate(service: string, region: string): Certificate
}

export interface ManifestRequest {
  /** Id of the system and name of its namespace. */
  system: string
  descriptor: SystemDescriptor
  design: string
  images: { service: string; stores: string }
  image_pull_policy: 'IfNotPresent' | 'Never'
  material: Material
  /** The port of each node of a region at which its gateways are reached. */
  node_ports: Record<Region, number>
  /** Value of the label topology.kubernetes.io/region of the nodes of each zone. */
  zones: Record<Zone, string>
  autoscaling: boolean
  settings: KubernetesSettings
  traces?: TraceSettings
}

/** On a cluster of our own making. */
export const ownZones: Record<Zone, string> = { a: 'a', b: 'b', c: 'c' }
