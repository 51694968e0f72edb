import type { SystemDescriptor } from '#sut/contracts/descriptor.ts'
import type { Bundle } from '../up.ts'

/** Two services that only stand in, over the real stores, with short time-outs. */
const descriptor: SystemDescriptor = {
  name: 'stand-in',
  regions: ['a', 'b'],
  services: [
    { name: 'gateway', replicas: 1, calls: ['wallet', 'redis'] },
    {
      name: 'wallet',
      replicas: 1,
      scaling: {
        min: 1,
        max: 2,
        cpu_request_millicores: 1_000_000,
        signals: [{ signal: 'queue_depth', target: 20 }],
      },
      calls: ['postgres', 'nats'],
    },
  ],
  stores: ['postgres', 'redis', 'nats'],
  slo: { success_rate: 0.99, p99_ms: 500 },
}

export const standIn: Bundle = {
  descriptor,
  entry: async () => 'sut/local/testing/service.ts',
  settings: {
    postgres_lease_ttl_ms: 8_000,
    postgres_loop_ms: 1_000,
    sentinel_down_after_ms: 1_500,
    hpa_sync_ms: 500,
    hpa_scale_up_stabilization_ms: 0,
    hpa_scale_down_stabilization_ms: 1_000,
    restart_back_off_first_ms: 1_000,
  },
}
