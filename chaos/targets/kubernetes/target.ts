import { Failure } from '#lib/errors.ts'
import { alive } from '#lib/process.ts'
import type { Capability, PreparePorts, Target, TargetOptions } from '../target.ts'
import { confirmedPlace } from './confirm.ts'
import { recover } from './recover.ts'
import { isGone } from './access/api.ts'
import { type Reached, reach, runningSystem } from './running.ts'
import { type SystemRecord, allRecords, readRecord } from './state.ts'
import { type Place, up } from './up.ts'
import { startWarden } from './warden-client.ts'

/** How long faults on machines outlive a silent harness in a system that stays up. */
const guest_lease_ms = 15_000

export interface ClusterKind {
  name: string
  capabilities: readonly Capability[]
  /** Finds or makes the cluster; the second time within a command it answers at once. */
  place: (options: TargetOptions, ports: PreparePorts) => Promise<Place>
}

/** A target whose systems are namespaces of a cluster. */
export function clusterTarget({ name, capabilities, place }: ClusterKind): Target {
  const known = new Map<string, Promise<Place>>()
  const placeOf = (options: TargetOptions, ports: PreparePorts): Promise<Place> => {
    const key = JSON.stringify(options)
    const finding = known.get(key) ?? place(options, ports)
    known.set(key, finding)
    finding.catch(() => known.delete(key))
    return finding
  }
  return {
    name,
    capabilities,
    programs: [],
    // Every pod is asked, and each question goes through the API server.
    sample_every: 2,
    prepare: (options, ports) => placeOf(options, ports),
    async stands() {
      const namespaces = (await allRecords()).flatMap(({ target, network_namespace }) =>
        target === name && network_namespace !== null ? [network_namespace] : [],
      )
      return namespaces[0] ?? null
    },
    async up(request) {
      const { progress, signal, options = {} } = request
      return up(request, await placeOf(options, { progress, signal, ask: null }))
    },
    async list() {
      const records = (await allRecords()).filter((record) => record.target === name && record.state === 'ready')
      return records.map(({ id, target, design, started_at_ms, gateways, owner }) => ({
        id,
        target,
        design,
        started_at_ms,
        gateways,
        owner_alive: alive(owner),
      }))
    },
    async connect(id) {
      const record = await readRecord(id)
      if (record?.target !== name || record.state !== 'ready')
        throw new Failure('SYSTEM_NOT_FOUND', `there is no running system ${id}`)
      const reached = await reach(record)
      try {
        await assertThere(reached, record)
        await reached.view.listed
        if (reached.view.pods().length === 0)
          throw new Failure('SYSTEM_LOST', `system ${id} has no pods on ${record.access.context} any more`)
      } catch (error) {
        await reached.close()
        throw error
      }
      return runningSystem(record, reached, { warden: startWarden(id, guest_lease_ms, 'guest'), owned: false })
    },
    recover: () => recover(name),
  }
}

/** Watches would wait for a cluster for ever. Throws CLUSTER_UNREACHABLE, SYSTEM_LOST. */
async function assertThere({ api }: Reached, { id, access }: SystemRecord): Promise<void> {
  await api.call('GET', `/api/v1/namespaces/${id}`).catch((error: unknown) => {
    throw isGone(error)
      ? new Failure('SYSTEM_LOST', `there is no namespace ${id} on ${access.context} any more`)
      : error
  })
}

/** A cluster that exists already: everything but its machines can be broken. */
export const kubernetes: Target = clusterTarget({
  name: 'kubernetes',
  capabilities: ['process.kill', 'link.toxic', 'pod.delete', 'certificate.rotate'],
  place: confirmedPlace,
})
