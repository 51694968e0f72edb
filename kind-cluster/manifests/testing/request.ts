import { systemClock } from '#lib/clock.ts'
import { slotBackend } from '#sut/descriptor.ts'
import { createMaterial } from '../material.ts'
import { type ManifestRequest, ownZones } from '../request.ts'
import { defaultSettings } from '../settings.ts'

/** The bundled system, as a test asks for it. */
export async function testRequest(change: Partial<ManifestRequest> = {}): Promise<ManifestRequest> {
  const system = 'slot-test'
  const material = await createMaterial({
    system,
    descriptor: slotBackend,
    gateway_names: ['172.18.0.2', 'kind.test'],
    clock: systemClock,
  })
  return {
    system,
    descriptor: slotBackend,
    design: 'standard',
    images: { service: 'slot-chaos/service:1', stores: 'slot-chaos/stores:1' },
    image_pull_policy: 'IfNotPresent',
    material,
    node_ports: { a: 30_443, b: 30_444 },
    zones: ownZones,
    autoscaling: true,
    settings: defaultSettings,
    ...change,
  }
}
