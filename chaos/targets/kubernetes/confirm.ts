import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { harnessRules } from '#kind-cluster/manifests/harness-rights.ts'
import { Failure } from '#lib/errors.ts'
import { regions, zones } from '#sut/contracts/descriptor.ts'
import type { PreparePorts, TargetOptions } from '../target.ts'
import { type Access, type Api, ApiRefused, openApi } from './access/api.ts'
import type { Listed, Node } from './access/objects.ts'
import type { Place } from './up.ts'

// A cluster that somebody else made: named, allowed, confirmed, and with the rights that are needed, before anything is done to it.

const denied_by_default = '*prod*,*live*'
const node_ports = { a: 30_443, b: 30_444 }

/** Throws CONTEXT_REFUSED, CONTEXT_UNCONFIRMED, CLUSTER_FORBIDDEN or TARGET_UNAVAILABLE. */
export async function confirmedPlace(options: TargetOptions, { progress, ask }: PreparePorts): Promise<Place> {
  if (options.context !== undefined) assertAllowed(options.context)
  const access = await accessOf(options)
  assertAllowed(access.context)
  const images = imagesOf(process.env)
  const api = await openApi(access)
  try {
    const version = await api.call<{ gitVersion: string }>('GET', '/version')
    if (options.yes !== true) await confirm(access, api.server, ask, progress)
    await assertRights(api)
    const nodes = await api.call<Listed<Node>>('GET', '/api/v1/nodes')
    return {
      target: 'kubernetes',
      access,
      network_namespace: null,
      nodes: null,
      images,
      node_ports,
      ...reachedBy(nodes.items),
      versions: { kubernetes: version.gitVersion },
      settings: {},
      manifest_settings: {},
    }
  } finally {
    await api.close()
  }
}

async function accessOf({ context }: TargetOptions): Promise<Access> {
  const [kubeconfig = ''] = (process.env['KUBECONFIG'] ?? join(homedir(), '.kube', 'config')).split(delimiter)
  const { KubeConfig } = await import('@kubernetes/client-node')
  const config = new KubeConfig()
  try {
    config.loadFromFile(kubeconfig)
  } catch (error) {
    throw new Failure('CONTEXT_UNKNOWN', `${kubeconfig} cannot be read: it names no cluster`, { cause: error })
  }
  return { kubeconfig, context: context ?? config.getCurrentContext() }
}

/** `*` stands for anything; patterns are separated by commas. */
export function deniedBy(context: string, patterns: string): string | undefined {
  return patterns
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
    .find((pattern) => {
      const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
      return new RegExp(`^${parts.join('.*')}$`, 'i').test(context)
    })
}

function assertAllowed(context: string): void {
  const pattern = deniedBy(context, process.env['SLOT_CHAOS_DENY_CONTEXTS'] ?? denied_by_default)
  if (pattern !== undefined)
    throw new Failure('CONTEXT_REFUSED', `the context ${context} is on the deny list (${pattern}): nothing was done`)
}

async function confirm(
  { context }: Access,
  server: string,
  ask: PreparePorts['ask'],
  progress: (text: string) => void,
): Promise<void> {
  progress(rightsText())
  const what = `the context ${context} (${server}): a namespace of its own is made there, loaded and broken`
  if (ask === null) throw new Failure('CONTEXT_UNCONFIRMED', `nobody has confirmed ${what}`)
  if (!(await ask(`Use ${what}?`))) throw new Failure('CONTEXT_UNCONFIRMED', `${context} was not confirmed`)
}

export const rightsText = (): string =>
  [
    'The harness needs these rights there:',
    ...harnessRules.map(({ apiGroups, resources, verbs, why }) => {
      const group = apiGroups.join(', ') || 'core'
      return `  ${resources.join(', ')} (${group}): ${verbs.join(', ')} – ${why}`
    }),
  ].join('\n')

/** Asks the API server for each right; throws CLUSTER_FORBIDDEN with those that are missing. */
async function assertRights(api: Api): Promise<void> {
  const wanted = harnessRules.flatMap(({ apiGroups, resources, verbs }) =>
    resources.flatMap((resource) => verbs.map((verb) => ({ group: apiGroups[0] ?? '', resource, verb }))),
  )
  const missing = await Promise.all(
    wanted.map(async ({ group, resource: named, verb }) => {
      const [resource, subresource] = named.split('/')
      const resourceAttributes = { group, resource, verb, ...(subresource !== undefined && { subresource }) }
      const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
      const body = {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes },
      }
      const { status } = await api.call<{ status: { allowed: boolean } }>('POST', path, { body })
      return status.allowed ? [] : [`${verb} ${named}`]
    }),
  )
  const lacking = missing.flat()
  if (lacking.length > 0) throw new Failure('CLUSTER_FORBIDDEN', `${rightsText()}\nmissing are: ${lacking.join('; ')}`)
  await api.call('GET', '/apis/keda.sh/v1alpha1').catch((error: unknown) => {
    if (!(error instanceof ApiRefused)) throw error
    throw new Failure('TARGET_UNAVAILABLE', 'this cluster has no KEDA, which scales the services', {
      hint: 'https://keda.sh/docs/latest/deploy/ says how to install it',
    })
  })
}

/** Images must be where the cluster can pull them; the target `kind` makes and loads them itself. */
function imagesOf(environment: NodeJS.ProcessEnv): Place['images'] {
  const name = (kind: string): string => `SLOT_CHAOS_IMAGE_${kind.toUpperCase()}`
  const lacking = ['service', 'stores', 'agent'].map(name).filter((each) => !environment[each])
  if (lacking.length > 0)
    throw new Failure('TARGET_UNAVAILABLE', `${lacking.join(', ')} must name images that this cluster can pull`, {
      hint: 'docs/guides/use-on-kubernetes.md says how to build and push them',
    })
  const image = (kind: string): string => environment[name(kind)]!
  return { service: image('service'), stores: image('stores'), agent: image('agent') }
}

/** Regions are those of the machines; a cluster with fewer than three has several of ours in one of its own. */
export function reachedBy(nodes: readonly Node[]): Pick<Place, 'zones' | 'gateways' | 'gateway_names'> {
  const label = 'topology.kubernetes.io/region'
  const found = [...new Set(nodes.flatMap(({ metadata }) => metadata.labels?.[label] ?? []))].toSorted()
  if (found.length === 0)
    throw new Failure('TARGET_UNAVAILABLE', `no machine of this cluster has the label ${label}`, {
      hint: `kubectl label node NAME ${label}=a`,
    })
  const own = Object.fromEntries(zones.map((zone, index) => [zone, found[index % found.length]!])) as Place['zones']
  const gateways = regions.map((region) => {
    const addresses = nodes
      .filter(({ metadata }) => metadata.labels?.[label] === own[region])
      .flatMap(({ status }) => status?.addresses ?? [])
    const best = ['ExternalIP', 'InternalIP'].flatMap((type) => addresses.filter((each) => each.type === type))[0]
    return { region, url: `https://${best?.address ?? 'unknown'}:${node_ports[region]}` }
  })
  return { zones: own, gateways, gateway_names: gateways.map(({ url }) => new URL(url).hostname) }
}
