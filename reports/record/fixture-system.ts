import type { ServiceDescriptor, SystemDescriptor } from '#sut/contracts/descriptor.ts'

const scaled = (
  name: ServiceDescriptor['name'],
  replicas: number,
  max: number,
  requests_per_s: number,
): ServiceDescriptor => ({
  name,
  replicas,
  scaling: {
    min: replicas,
    max,
    cpu_request_millicores: 250,
    signals: [
      { signal: 'cpu_percent', target: 80 },
      { signal: 'requests_per_s', target: requests_per_s },
    ],
  },
  calls: ['postgres', 'nats'],
})

/** A system in the shape of the bundled one, for synthetic records. */
export const fixtureSystem: SystemDescriptor = {
  name: 'fixture',
  regions: ['a', 'b'],
  services: [
    scaled('gateway', 1, 3, 60),
    { name: 'identity', replicas: 1, calls: ['postgres'] },
    { name: 'session', replicas: 1, calls: ['postgres', 'redis'] },
    scaled('game', 1, 3, 40),
    scaled('wallet', 2, 4, 60),
    { name: 'catalog', replicas: 1, calls: ['postgres', 'redis'] },
  ],
  stores: ['postgres', 'redis', 'nats'],
  slo: { success_rate: 0.99, p99_ms: 500 },
}
