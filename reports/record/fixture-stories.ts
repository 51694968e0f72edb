import type { FixtureOptions } from './fixture.ts'
import { eventAt, journalOf, samplesOf, type Span } from './fixture-observations.ts'
import type { Disturbance, LoadPlan } from './fixture-load.ts'
import type { JudgedExperiment } from './experiment.ts'
import type { JournalLine, ObservationLine } from './format.ts'

// What happened in a synthetic run: one function per kind of experiment.
export interface Story {
  experiment: JudgedExperiment
  load: Pick<LoadPlan, 'stages' | 'base_latency_ms' | 'disturbances'>
  journal: JournalLine[]
  observations: ObservationLine[]
  length_s: number
}
export type StoryName = 'wallet-kill' | 'traffic-surge' | 'region-failover'

export const stories: Record<StoryName, (options: FixtureOptions, start_ms: number) => Story> = {
  'wallet-kill': walletKill,
  'traffic-surge': trafficSurge,
  'region-failover': regionFailover,
}

const steady_s = 10
const wobble = (trial: number): number => 1 + ((trial * 7) % 5) * 0.08

function walletKill({ trials, rate_per_s, severity }: FixtureOptions, start_ms: number): Story {
  const each_s = 15
  const length_s = steady_s + trials * each_s + 3
  const at = (s: number): number => start_ms + s * 1000
  const observations: ObservationLine[] = []
  const disturbances: Disturbance[] = []
  const down: Span[] = []
  const faults = Array.from({ length: trials }, (_, index) => {
    const from_s = steady_s + index * each_s + 1
    const whole_s = from_s + 1.1 * wobble(index) * severity
    disturbances.push({ from_s, to_s: whole_s, share: 0.3, effect: 'failed' })
    disturbances.push({ from_s, to_s: whole_s + 0.2, share: 0.5, effect: 'slow', extra_ms: 180 })
    down.push({ instance: 'wallet-a-1', from_s, to_s: from_s + 2.4 })
    const instance = (event: string, s: number, detail?: string): ObservationLine =>
      eventAt(at(from_s + s), event, 'wallet-a-1', { service: 'wallet', region: 'a', ...(detail ? { detail } : {}) })
    observations.push(
      instance('exited', 0.05, 'signal SIGKILL'),
      instance('back-off', 0.06, '0.5 s'),
      instance('scheduled', 0.56),
      instance('started', 0.62),
      instance('ready', 2.1),
      instance('routed', 2.35),
    )
    return { fault: 'process-kill', targets: ['wallet-a-1'], from_s, revert_s: from_s + 0.2, end_s: from_s + 12 }
  })
  return {
    experiment: {
      name: 'wallet-kill',
      title: 'One of two wallet instances is killed',
      load: { rate_per_s },
      trials,
      faults: [{ fault: 'process-kill' }],
      expectations: { consistent: true, recovery_s_max: 10, failed_share_max: 0.05 },
    },
    load: {
      stages: [{ duration_s: length_s, from_per_s: rate_per_s, to_per_s: rate_per_s }],
      base_latency_ms: 38,
      disturbances,
    },
    journal: journalOf(start_ms, length_s, steady_s, faults),
    observations: inOrder([
      ...observations,
      ...samplesOf({ start_ms, length_s, rate: () => rate_per_s, down, grow: [] }),
    ]),
    length_s,
  }
}

function trafficSurge({ rate_per_s, severity }: FixtureOptions, start_ms: number): Story {
  const peak = rate_per_s * 4
  const stages = [
    { duration_s: 20, from_per_s: rate_per_s, to_per_s: rate_per_s },
    { duration_s: 3, from_per_s: rate_per_s, to_per_s: peak },
    { duration_s: 27, from_per_s: peak, to_per_s: peak },
    { duration_s: 25, from_per_s: rate_per_s, to_per_s: rate_per_s },
  ]
  const rate = (s: number): number =>
    s < 20 ? rate_per_s : s < 23 ? rate_per_s + ((s - 20) / 3) * (peak - rate_per_s) : s < 50 ? peak : rate_per_s
  const grow = ['a', 'b'].flatMap((region) => [
    { service: 'wallet', region, from_s: 27, to_s: 68, from: 2, to: 3 },
    { service: 'game', region, from_s: 29, to_s: 70, from: 1, to: 2 },
    { service: 'gateway', region, from_s: 28, to_s: 71, from: 1, to: 2 },
  ])
  const decisions = grow.flatMap(({ service, region, from_s, to_s, from, to }): ObservationLine[] => [
    {
      kind: 'scaling',
      at_ms: start_ms + (from_s - 3) * 1000,
      service,
      region,
      from,
      to,
      signal: 'requests_per_s',
      value: 76,
      target: 60,
    },
    {
      kind: 'scaling',
      at_ms: start_ms + to_s * 1000,
      service,
      region,
      from: to,
      to: from,
      signal: 'requests_per_s',
      value: 22,
      target: 60,
    },
  ])
  return {
    experiment: {
      name: 'traffic-surge',
      title: 'Four times the traffic within three seconds',
      load: { rate_per_s, duration_s: 75 },
      trials: 1,
      faults: [],
      expectations: {
        consistent: true,
        slo_violation_s_max: 15,
        scales_out: [{ service: 'gateway', replicas_min: 2 }],
        reaction_lag_s_max: 20,
      },
    },
    load: {
      stages,
      base_latency_ms: 38,
      disturbances: [
        { from_s: 22, to_s: 22 + 6 * severity, share: 0.35, effect: 'slow', extra_ms: 520 },
        { from_s: 23, to_s: 23 + 3 * severity, share: 0.02, effect: 'failed' },
      ],
    },
    journal: journalOf(start_ms, 75, steady_s, []),
    observations: inOrder([...decisions, ...samplesOf({ start_ms, length_s: 75, rate, down: [], grow })]),
    length_s: 75,
  }
}

function regionFailover({ rate_per_s, severity }: FixtureOptions, start_ms: number): Story {
  const length_s = 65
  const from_s = 15
  const whole_s = from_s + 6.2 * severity
  const back_s = from_s + 15
  const at = (s: number): number => start_ms + s * 1000
  const names = ['gateway', 'identity', 'session', 'game', 'wallet', 'catalog']
  const instances = names.map((service) => ({ service, instance: `${service}-a-1` }))
  const events = instances.flatMap(({ service, instance }, index): ObservationLine[] => [
    eventAt(at(from_s + 0.05 + index * 0.01), 'exited', instance, { service, region: 'a' }),
    eventAt(at(back_s + 0.4), 'started', instance, { service, region: 'a' }),
    eventAt(at(back_s + 2.1 + index * 0.3), 'ready', instance, { service, region: 'a' }),
  ])
  const stores = [
    eventAt(at(from_s + 2.1), 'leader-lost', 'postgres-a', { region: 'a' }),
    eventAt(at(from_s + 5.2), 'promoted', 'postgres-b', { region: 'b', detail: 'timeline 2' }),
    eventAt(at(from_s + 3.4), 'promoted', 'redis-b', { region: 'b' }),
    eventAt(at(back_s + 3), 'standby-streaming', 'postgres-a', { region: 'a' }),
  ]
  const faults = [{ fault: 'region-outage', targets: ['region a'], from_s, revert_s: back_s, end_s: length_s - 4 }]
  const down = instances.map(({ instance }) => ({ instance, from_s, to_s: back_s + 3 }))
  return {
    experiment: {
      name: 'region-failover',
      title: 'Region a goes dark, its PostgreSQL primary with it',
      load: { rate_per_s },
      trials: 1,
      faults: [{ fault: 'region-outage', hold_s: 15 }],
      expectations: { consistent: true, recovery_s_max: 20, failed_share_max: 0.2 },
    },
    load: {
      stages: [{ duration_s: length_s, from_per_s: rate_per_s, to_per_s: rate_per_s }],
      base_latency_ms: 38,
      disturbances: [
        { from_s: from_s + 2, to_s: whole_s - 1, share: 0.3, effect: 'dropped' },
        { from_s, to_s: whole_s, share: 0.8, effect: 'failed' },
        { from_s: whole_s, to_s: whole_s + 0.8, share: 0.6, effect: 'slow', extra_ms: 700 },
      ],
    },
    journal: journalOf(start_ms, length_s, steady_s, faults),
    observations: inOrder([
      ...events,
      ...stores,
      ...samplesOf({ start_ms, length_s, rate: () => rate_per_s, down, grow: [] }),
    ]),
    length_s,
  }
}

const inOrder = (lines: ObservationLine[]): ObservationLine[] => lines.toSorted((one, other) => one.at_ms - other.at_ms)
