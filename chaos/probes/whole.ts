import type { ObservationLine } from '#reports/record/format.ts'
import type { SystemDescriptor } from '#sut/contracts/descriptor.ts'

type Sample = Extract<ObservationLine, { kind: 'sample' }>

/** What the system lacks to be whole, one short phrase each; empty: every service has its replicas, every store its leader. */
export function missing(sample: Sample, system: SystemDescriptor): string[] {
  const lacking: string[] = []
  for (const region of system.regions)
    for (const { name, replicas } of system.services) {
      const ready = sample.instances.filter(
        (item) => item.service === name && item.region === region && item.state === 'ready',
      ).length
      if (ready < replicas) lacking.push(`${name}-${region} ${ready}/${replicas}`)
    }
  const { postgres, redis, nats } = sample.stores
  if (postgres.leader === null) lacking.push('postgres has no leader')
  if (postgres.standby_state !== null && postgres.standby_state !== 'streaming')
    lacking.push(`postgres standby ${postgres.standby_state}`)
  if (redis.leader === null) lacking.push('redis has no leader')
  if (nats.leader === null) lacking.push('nats has no leader')
  return lacking
}
