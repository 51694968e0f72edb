import { Type, type Static } from 'typebox'
import { regionName, services, zones } from '#sut/contracts/descriptor.ts'

// The file that tells a process where everything else is, from its own place: whoever runs the system writes one for each
// (caller service, region), with a rename, so that no reader sees half of it. An address leads through a proxy where the
// link carries one.
const address = { host: Type.String({ minLength: 1 }), port: Type.Integer({ minimum: 1, maximum: 65535 }) }
const zonal = Type.Object({ region: Type.Enum(zones), ...address })
const instance = Type.Object({ instance: Type.String(), region: regionName, ...address })

export const discovery = Type.Object({
  /** Only instances that exist; whether one is healthy the caller finds out by itself. */
  services: Type.Partial(Type.Object(Object.fromEntries(services.map((name) => [name, Type.Array(instance)])))),
  postgres: Type.Array(zonal),
  redis: Type.Object({
    sentinels: Type.Array(Type.Object(address)),
    group: Type.String(),
    /** Address that Sentinel names ('host:port') → address to use instead. */
    addresses: Type.Record(Type.String(), Type.Object(address)),
  }),
  nats: Type.Array(zonal),
})

export type Instance = Static<typeof instance>
export type ZonalAddress = Static<typeof zonal>
