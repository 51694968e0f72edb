import type { ObservationLine } from '../record/format.ts'
import type { RecoveryPhase } from '../record/result.ts'
import { rounded } from './statistics.ts'
import type { Trial } from './trials.ts'

type SystemEvent = Extract<ObservationLine, { kind: 'event' }>

// Each event ends the phase that waited for it:
//
//   effective ─detect─► exited ─schedule─► scheduled ─start─► started ─ready─► ready ─routed─► routed
//   effective ─detect─► leader-lost ─elect─► promoted            standby: until the old leader follows the new one
const phaseEndedBy: Record<string, string> = {
  exited: 'detect',
  killed: 'detect',
  'not-ready': 'detect',
  'leader-lost': 'detect',
  promoted: 'elect',
  scheduled: 'schedule',
  started: 'start',
  ready: 'ready',
  routed: 'routed',
  'standby-streaming': 'standby',
}
const detecting = new Set([
  'exited',
  'killed',
  'back-off',
  'not-ready',
  'leader-lost',
  'ejected',
  'unhealthy',
  'standby-lost',
])
const election = new Set(['leader-lost', 'promoted'])
const phases_max = 400

/** Events of the trial that are about what the fault was aimed at, or about who leads a store. */
export function eventsOf(trial: Trial, observations: readonly ObservationLine[]): SystemEvent[] {
  const targets = new Set<string>()
  const regions = new Set<string>()
  for (const target of trial.injections.flatMap((injection) => injection.targets)) {
    targets.add(target.split('>').at(-1)!) // of a link game-a>wallet-a-1: its far end
    const region = /^(?:region )?([a-z])$/.exec(target)?.[1]
    if (region !== undefined) regions.add(region)
  }
  return observations.filter(
    (line): line is SystemEvent =>
      line.kind === 'event' &&
      line.at_ms >= trial.begin_ms &&
      line.at_ms < trial.end_ms &&
      (election.has(line.event) ||
        targets.has(line.subject) ||
        (line.region !== undefined && regions.has(line.region))),
  )
}

/** Seconds from t0 to the first event by which the system itself shows that it noticed; null without one. */
export function noticed_s(trial: Trial, events: readonly SystemEvent[]): number | null {
  const first = events.find((event) => detecting.has(event.event))
  return first === undefined ? null : secondsAfter(trial, first.at_ms)
}

/** Phases by subject; those of an election belong to the store as a whole, since its leader changes in them. */
export function phasesOf(trial: Trial, events: readonly SystemEvent[]): RecoveryPhase[] {
  const phases: RecoveryPhase[] = []
  const newest = new Map<string, RecoveryPhase>()
  for (const event of events) {
    if (phaseEndedBy[event.event] === undefined || phases.length >= phases_max) continue
    const subject = election.has(event.event) ? event.subject.replace(/-[a-z](-\d+)?$/, '') : event.subject
    const before = newest.get(subject)
    const end_s = secondsAfter(trial, event.at_ms)
    const name = nameOf(event.event, before)
    if (before?.name === name) {
      before.end_s = end_s
      continue
    }
    // What worked, and broke again: the time in between belongs to no phase.
    const worked = before !== undefined && name === 'detect'
    const phase = { name, subject, start_s: worked ? end_s : (before?.end_s ?? 0), end_s }
    phases.push(phase)
    newest.set(subject, phase)
  }
  return phases
}

/** A process that ends before it was ready was started in vain. */
function nameOf(event: string, before: RecoveryPhase | undefined): string {
  const name = phaseEndedBy[event]!
  return name === 'detect' && before?.name === 'start' ? 'failed' : name
}

const secondsAfter = (trial: Trial, at_ms: number): number => rounded(Math.max(0, at_ms - trial.effective_ms) / 1000)
