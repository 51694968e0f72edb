import { fixtureSystem } from './fixture-system.ts'
import type { InstanceSample, JournalLine, ObservationLine } from './format.ts'

// Journal, events and samples of a synthetic run.
export interface Span {
  instance: string
  from_s: number
  to_s: number
}
export interface Growth {
  service: string
  region: string
  from_s: number
  to_s: number
  from: number
  to: number
}
export interface PlannedFault {
  fault: string
  targets: string[]
  from_s: number
  revert_s: number
  end_s: number
}

export function eventAt(
  at_ms: number,
  event: string,
  subject: string,
  more: { service?: string; region?: string; detail?: string } = {},
): ObservationLine {
  return { kind: 'event', at_ms, event, subject, ...more }
}

export function journalOf(start_ms: number, length_s: number, steady_s: number, faults: PlannedFault[]): JournalLine[] {
  const stamp = (s: number) => ({ at_ms: start_ms + s * 1000, monotonic_ms: 20_000 + s * 1000 })
  const phase = (name: string, state: 'begin' | 'end', s: number): JournalLine => ({
    kind: 'phase',
    ...stamp(s),
    phase: name,
    state,
  })
  const trials = faults.flatMap(({ fault, targets, from_s, revert_s, end_s }, index): JournalLine[] => {
    const trial = index + 1
    const step = (
      state: Extract<JournalLine, { kind: 'fault' }>['state'],
      s: number,
      more: object = {},
    ): JournalLine => ({
      kind: 'fault',
      ...stamp(s),
      id: `f-${trial}`,
      trial,
      fault,
      state,
      targets,
      ...more,
    })
    return [
      { kind: 'trial', ...stamp(from_s - 0.5), trial, state: 'begin' },
      step('planned', from_s - 0.05, { undo: [] }),
      step('armed', from_s),
      step('effective', from_s + 0.1, { evidence: `${targets.join(', ')}: gone` }),
      step('reverting', revert_s),
      step('reverted', revert_s + 0.05),
      { kind: 'trial', ...stamp(end_s), trial, state: 'recovered' },
    ]
  })
  return [
    phase('up', 'begin', -20),
    phase('up', 'end', -6),
    phase('load', 'begin', -5),
    phase('steady-state', 'begin', 0),
    phase('steady-state', 'end', steady_s),
    ...trials,
    phase('load', 'end', length_s),
    phase('settle', 'begin', length_s),
    phase('settle', 'end', length_s + 1),
    phase('dump', 'begin', length_s + 1),
    phase('dump', 'end', length_s + 2),
    phase('down', 'begin', length_s + 2),
    phase('down', 'end', length_s + 5),
    { kind: 'cleanup', ...stamp(length_s + 6), residue: [] },
  ]
}

interface SampleOptions {
  start_ms: number
  length_s: number
  rate: (s: number) => number
  down: readonly Span[]
  grow: readonly Growth[]
}

/** Requests of a service for one operation of a client: roughly what the mix of the fixture gives. */
const requestsPerOperation: Record<string, number> = { gateway: 1, game: 0.7, wallet: 1.4, session: 0.7 }

export function samplesOf({ start_ms, length_s, rate, down, grow }: SampleOptions): ObservationLine[] {
  return Array.from({ length: length_s + 1 }, (_, s) => {
    const instances = fixtureSystem.regions.flatMap((region) =>
      fixtureSystem.services.flatMap(({ name, replicas }) => {
        const growth = grow.find((item) => item.service === name && item.region === region)
        const count = growth !== undefined && s >= growth.from_s && s < growth.to_s ? growth.to : replicas
        const load_per_s = (rate(s) * (requestsPerOperation[name] ?? 0.2)) / fixtureSystem.regions.length
        return Array.from({ length: count }, (_unused, index) =>
          instanceAt(`${name}-${region}-${index + 1}`, name, region, load_per_s / count, s, down),
        )
      }),
    )
    return {
      kind: 'sample',
      at_ms: start_ms + s * 1000,
      instances,
      stores: {
        postgres: { leader: 'a', standby_state: 'streaming', replication_lag_bytes: 0 },
        redis: { leader: 'a' },
        nats: { leader: 'a', nodes_ready: 3 },
      },
      pending: { outbox: s % 3, rounds_open: 0, events_behind: 0 },
    }
  })
}

function instanceAt(
  instance: string,
  service: string,
  region: string,
  requests_per_s: number,
  s: number,
  down: readonly Span[],
): InstanceSample {
  const isDown = down.some((span) => span.instance === instance && s >= span.from_s && s < span.to_s)
  return {
    instance,
    service,
    region,
    state: isDown ? 'not-ready' : 'ready',
    restarts: down.filter((span) => span.instance === instance && s >= span.from_s).length,
    cpu_millicores: isDown ? 0 : 20 + requests_per_s * 3,
    resident_bytes: 90_000_000,
    requests_per_s: isDown ? 0 : requests_per_s,
    queue_depth: 0,
    latency_p95_ms: 20,
  }
}
