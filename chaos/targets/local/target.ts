import { join } from 'node:path'
import { ensureBundle, servicesBundle } from '#lib/bundle.ts'
import { Failure } from '#lib/errors.ts'
import { alive } from '#lib/process.ts'
import { programNames, slotBackend } from '#sut/descriptor.ts'
import type { Target } from '../target.ts'
import { controlClient } from './control-client.ts'
import { recover } from './recover.ts'
import { runningSystem } from './running.ts'
import { isRunning, readSystem, socketOf, systemIds } from './state.ts'
import { type Bundle, up } from './up.ts'

const bundled: Bundle = {
  descriptor: slotBackend,
  entry: async (root) => join(await ensureBundle(root, servicesBundle(programNames)), '{service}', 'main.mjs'),
  settings: {},
}

/** How long faults outlive a silent harness in a system that stays up. */
const session_lease_ms = 15_000

/** The whole system as processes on this machine. */
export const local: Target = localTarget(bundled)

export function localTarget(bundle: Bundle): Target {
  return {
    name: 'local',
    capabilities: [
      'process.kill',
      'process.hold',
      'link.toxic',
      'region.outage',
      'certificate.rotate',
      'requests.hold',
    ],
    programs: ['redis', 'toxiproxy', 'nats-server'],
    up: (request) => up(request, bundle),
    async list() {
      const files = await Promise.all((await systemIds()).map(readSystem))
      return files.filter(isRunning).map(({ id, design, started_at_ms, gateways, owner }) => ({
        id,
        target: 'local',
        design,
        started_at_ms,
        gateways,
        owner_alive: alive(owner),
      }))
    },
    async connect(id) {
      const file = await readSystem(id)
      if (!isRunning(file)) throw new Failure('SYSTEM_NOT_FOUND', `there is no running system ${id}`)
      const control = controlClient(id, socketOf(id))
      try {
        const { session } = await control.call('session-open', { lease_ms: session_lease_ms })
        return runningSystem(file, { session, lease_ms: session_lease_ms, owned: false })
      } finally {
        await control.close()
      }
    },
    recover,
  }
}
