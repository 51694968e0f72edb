import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Agent, request as httpRequest } from 'undici'
import { systemClock } from '#lib/clock.ts'
import { Failure, textOf } from '#lib/errors.ts'
import { identify } from '#lib/process.ts'
import { newId } from '#lib/random.ts'
import { waitFor } from '#lib/wait.ts'
import { manifestsOf } from '#kind-cluster/manifests/manifests.ts'
import { createMaterial } from '#kind-cluster/manifests/material.ts'
import { labelNames } from '#kind-cluster/manifests/names.ts'
import type { Manifest } from '#kind-cluster/manifests/manifest.ts'
import type { ManifestRequest } from '#kind-cluster/manifests/request.ts'
import { defaultSettings, type KubernetesSettings } from '#kind-cluster/manifests/settings.ts'
import type { SystemDescriptor } from '#sut/contracts/descriptor.ts'
import { inTopology } from '#sut/contracts/topology.ts'
import { traceSettingsOf } from '#sut/contracts/tracing.ts'
import { choices } from '#sut/designs/registry.ts'
import { assertLinks } from '#sut/deployment/links.ts'
import { staffAccounts, staffFile, traceKeyFile } from '#sut/deployment/secrets.ts'
import { slotBackend } from '#sut/descriptor.ts'
import type { RunningSystem, UpRequest } from '../target.ts'
import { type Access, openApi } from './access/api.ts'
import type { KubernetesObject, Listed } from './access/objects.ts'
import { applyAll } from './apply.ts'
import { endSystem } from './end.ts'
import { untilReady } from './ready.ts'
import { type Reached, reach, runningSystem } from './running.ts'
import { type NodesAccess, type SystemRecord, recordFolder, writeRecord } from './state.ts'
import { startWarden, type Warden } from './warden-client.ts'

/** A cluster that is there, and what a system on it must know of it. */
export interface Place {
  target: string
  access: Access
  network_namespace: string | null
  nodes: NodesAccess | null
  images: { service: string; stores: string; agent: string }
  zones: ManifestRequest['zones']
  node_ports: ManifestRequest['node_ports']
  gateways: { region: string; url: string }[]
  /** Host names and addresses of the gateways, for their certificates. */
  gateway_names: string[]
  versions: Record<string, string>
  /** Of the cluster itself. */
  settings: Readonly<Record<string, string | number>>
  /** What the manifests set otherwise here. */
  manifest_settings: Partial<KubernetesSettings>
}

/** A warden of a system that lives until `down` holds only what faults of this command do to machines. */
const guest_lease_ms = 15_000

/** Starts a system and waits until it is ready. When it throws, nothing of it is left. */
export async function up(request: UpRequest, place: Place): Promise<RunningSystem> {
  const settings = { ...defaultSettings, ...place.manifest_settings }
  // Throws UNKNOWN_DESIGN before anything starts.
  const descriptor = inTopology(choices(request.design).topology, descriptorAt(settings))
  assertLinks(request.links, descriptor)
  await assertFree(place)
  const traces = traceSettingsOf(process.env)
  const record = recordOf(request, place, descriptor, settings)
  const material = await createMaterial({
    system: record.id,
    descriptor: record.descriptor,
    gateway_names: place.gateway_names,
    clock: systemClock,
  })
  record.operations_tokens = material.secrets.operations_tokens
  await mkdir(recordFolder(record.id), { recursive: true, mode: 0o700 })
  await writeFile(record.authority_file, material.authority.authority)
  await writeFile(join(recordFolder(record.id), staffFile), staffAccounts(material.secrets), { mode: 0o600 })
  await writeFile(join(recordFolder(record.id), traceKeyFile), material.secrets.trace_key, { mode: 0o600 })
  await writeRecord(record)
  const owned = request.lease_ms > 0
  const warden = startWarden(record.id, owned ? request.lease_ms : guest_lease_ms, owned ? 'owner' : 'guest')
  const manifests = manifestsOf({
    ...place,
    system: record.id,
    descriptor: record.descriptor,
    design: request.design,
    image_pull_policy: 'IfNotPresent',
    material,
    autoscaling: request.autoscaling !== false,
    settings,
    traces,
  })
  let reached: Reached | undefined
  try {
    reached = await reach(record)
    await applyInWaves(reached, record, manifests, request)
    return await started(reached, record, warden, request)
  } catch (error) {
    await reached?.close()
    await endSystem(record).catch((left: unknown) => {
      const text = `${textOf(error)}\nand namespace ${record.id} is still there: ${textOf(left)}`
      throw new Failure('NOT_UNDONE', text, { cause: error })
    })
    warden.done()
    request.signal.throwIfAborted()
    throw error
  }
}

/** Stores first: services that wait for them take the CPU that they need to start. */
async function applyInWaves(
  reached: Reached,
  record: SystemRecord,
  manifests: readonly Manifest[],
  { progress, signal }: UpRequest,
): Promise<void> {
  const [stores, services] = [false, true].map((second) =>
    manifests.filter(({ kind }) => (kind === 'Deployment' || kind === 'ScaledObject') === second),
  ) as [Manifest[], Manifest[]]
  const { id, descriptor } = record
  progress(`applying ${manifests.length} objects to namespace ${id} …`)
  await applyAll(reached.api, stores, { signal })
  await reached.view.listed
  const pods_min = stores.filter(({ kind }) => kind === 'StatefulSet').length
  await untilReady(reached, id, { descriptor, pods_min, whole: false }, { progress, signal })
  await applyAll(reached.api, services, { signal })
}

async function started(
  reached: Reached,
  record: SystemRecord,
  warden: Warden,
  request: UpRequest,
): Promise<RunningSystem> {
  const { descriptor } = record
  await untilReady(reached, record.id, { descriptor, pods_min: 1, whole: true }, request)
  request.progress('asking the gateways …')
  await Promise.all(record.gateways.map(({ url }) => gatewayAnswers(url, record.authority_file, request.signal)))
  record.state = 'ready'
  await writeRecord(record)
  return runningSystem(record, reached, { warden, owned: record.lease_ms > 0 })
}

function recordOf(
  { design, lease_ms, autoscaling }: UpRequest,
  place: Place,
  descriptor: SystemDescriptor,
  settings: KubernetesSettings,
): SystemRecord {
  const id = `slot-${newId().slice(0, 8)}`
  return {
    schema: 1,
    id,
    target: place.target,
    state: 'starting',
    access: place.access,
    network_namespace: place.network_namespace,
    nodes: place.nodes,
    design,
    descriptor: autoscaling === false ? withoutScaling(descriptor) : descriptor,
    started_at_ms: systemClock.wall_ms(),
    owner: identify(process.pid)!,
    lease_ms,
    gateways: place.gateways,
    gateway_names: place.gateway_names,
    authority_file: join(recordFolder(id), 'authority.pem'),
    versions: place.versions,
    settings: { ...place.settings, ...settings },
    agent_image: place.images.agent,
    operations_tokens: {},
  }
}

const descriptorAt = ({ requests_target_percent, slo_latency_percent }: KubernetesSettings): SystemDescriptor => ({
  ...slotBackend,
  slo: { ...slotBackend.slo, p99_ms: (slotBackend.slo.p99_ms * slo_latency_percent) / 100 },
  services: slotBackend.services.map(({ scaling, ...service }) => ({
    ...service,
    ...(scaling !== undefined && {
      scaling: {
        ...scaling,
        signals: scaling.signals.map(({ signal, target }) => ({
          signal,
          target: signal === 'requests_per_s' ? (target * requests_target_percent) / 100 : target,
        })),
      },
    }),
  })),
})

const withoutScaling = (descriptor: SystemDescriptor): SystemDescriptor => ({
  ...descriptor,
  services: descriptor.services.map(({ scaling: _held, ...service }) => service),
})

/** Its gateways are at fixed ports of the machines: there is room for one system. */
async function assertFree({ access }: Place): Promise<void> {
  const api = await openApi(access)
  try {
    const path = `/api/v1/namespaces?labelSelector=${encodeURIComponent(labelNames.system)}`
    const { items } = await api.call<Listed<KubernetesObject>>('GET', path)
    const [other] = items
    if (other !== undefined)
      throw new Failure('SYSTEM_EXISTS', `system ${other.metadata.name} is on ${access.context} already`)
  } finally {
    await api.close()
  }
}

const gateway_limit_ms = 30_000

/** Any answer will do: it came through the door, and from somebody whom our authority has signed. */
async function gatewayAnswers(url: string, authority_file: string, signal: AbortSignal): Promise<void> {
  const agent = new Agent({ connect: { ca: await readFile(authority_file, 'utf8') } })
  let reason = ''
  const answers = async (): Promise<boolean> => {
    try {
      await (await httpRequest(url, { dispatcher: agent, headersTimeout: 3_000, signal })).body.dump()
      return true
    } catch (error) {
      reason = textOf(error)
      return false
    }
  }
  try {
    await waitFor(answers, { what: `the gateway at ${url}`, limit_ms: gateway_limit_ms, every_ms: 250, signal })
  } catch (error) {
    signal.throwIfAborted()
    throw new Failure('SYSTEM_START_FAILED', `the gateway at ${url} cannot be reached: ${reason}`, { cause: error })
  } finally {
    await agent.destroy()
  }
}
