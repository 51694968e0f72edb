import { type SystemDescriptor, hostName } from '#sut/contracts/descriptor.ts'

// The bundled system, as the harness sees it.
export const slotBackend: SystemDescriptor = {
  name: 'slot-backend',
  regions: ['a', 'b'],
  services: [
    {
      name: 'gateway',
      replicas: 1,
      scaling: {
        min: 1,
        max: 3,
        cpu_request_millicores: 250,
        signals: [
          { signal: 'cpu_percent', target: 80 },
          { signal: 'requests_per_s', target: 22 },
          // Of no use below overload: while a store fails over, requests are late and more gateways would not help.
          { signal: 'latency_p95_ms', target: 1_500 },
        ],
      },
      calls: ['identity', 'session', 'game', 'wallet', 'catalog', 'telemetry', 'analytics', 'redis', 'nats'],
    },
    { name: 'identity', replicas: 1, calls: ['postgres', 'nats'] },
    { name: 'session', replicas: 1, calls: ['catalog', 'postgres', 'nats'] },
    {
      name: 'game',
      replicas: 1,
      scaling: {
        min: 1,
        max: 3,
        cpu_request_millicores: 250,
        signals: [
          { signal: 'cpu_percent', target: 80 },
          { signal: 'requests_per_s', target: 16 },
          { signal: 'queue_depth', target: 20 },
        ],
      },
      calls: ['session', 'wallet', 'catalog', 'postgres', 'nats'],
    },
    {
      name: 'wallet',
      replicas: 2,
      scaling: {
        min: 2,
        max: 4,
        cpu_request_millicores: 250,
        signals: [
          { signal: 'cpu_percent', target: 80 },
          { signal: 'requests_per_s', target: 60 },
          { signal: 'queue_depth', target: 20 },
        ],
      },
      calls: ['postgres', 'nats'],
    },
    { name: 'catalog', replicas: 1, calls: ['postgres', 'redis', 'nats'] },
    { name: 'telemetry', replicas: 1, calls: ['postgres', 'nats'] },
    { name: 'analytics', replicas: 1, calls: ['nats'] },
  ],
  stores: ['postgres', 'redis', 'nats'],
  slo: { success_rate: 0.99, p99_ms: 500 },
}

/** What its processes run, whatever the topology. */
export const programNames: readonly string[] = [...slotBackend.services.map(({ name }) => name), hostName]
