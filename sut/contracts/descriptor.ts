import { Type, type Static } from 'typebox'

// What the harness knows of a system under test: names, places and promises, never code.
export const regions = ['a', 'b'] as const
export const zones = ['a', 'b', 'c'] as const
export const services = [
  'gateway',
  'identity',
  'session',
  'game',
  'wallet',
  'catalog',
  'telemetry',
  'analytics',
] as const
export const stores = ['postgres', 'redis', 'nats'] as const

export type Region = (typeof regions)[number]
export type Zone = (typeof zones)[number]
export type ServiceName = (typeof services)[number]
export type StoreName = (typeof stores)[number]

export const serviceName = Type.Enum(services)
/** The process that hosts all services of a replica, where they are composed into one (topology.ts). */
export const hostName = 'monolith'
export const regionName = Type.Enum(regions)

/** One signal of the HPA formula: desired = ceil(replicas × value / target), the largest of all signals counts. */
export const scalingSignal = Type.Object({
  signal: Type.Union([
    Type.Literal('cpu_percent'),
    Type.Literal('requests_per_s'),
    Type.Literal('queue_depth'),
    Type.Literal('latency_p95_ms'),
  ]),
  /** Average per replica that is aimed at: per cent of the CPU request, requests per second, waiting requests, or milliseconds. */
  target: Type.Number({ exclusiveMinimum: 0 }),
})

export const serviceDescriptor = Type.Object({
  name: Type.Enum([...services, hostName]),
  /** Replicas per region at the start, and the bounds of autoscaling. No `scaling`: the number stays. */
  replicas: Type.Integer({ minimum: 1 }),
  scaling: Type.Optional(
    Type.Object({
      min: Type.Integer({ minimum: 1 }),
      max: Type.Integer({ minimum: 1 }),
      cpu_request_millicores: Type.Integer({ minimum: 1 }),
      signals: Type.Array(scalingSignal, { minItems: 1 }),
    }),
  ),
  /** Services and stores that it calls: the links that faults can name. */
  calls: Type.Array(Type.String()),
  /** Services that run within its processes, and have none of their own. `within`: those of them that a service calls. */
  hosts: Type.Optional(
    Type.Array(Type.Object({ name: serviceName, calls: Type.Array(Type.String()), within: Type.Array(Type.String()) })),
  ),
})

export const systemDescriptor = Type.Object({
  name: Type.String(),
  regions: Type.Array(regionName),
  services: Type.Array(serviceDescriptor),
  stores: Type.Array(Type.String()),
  slo: Type.Object({ success_rate: Type.Number(), p99_ms: Type.Number() }),
})

export type ScalingSignal = Static<typeof scalingSignal>
export type ServiceDescriptor = Static<typeof serviceDescriptor>
export type SystemDescriptor = Static<typeof systemDescriptor>
