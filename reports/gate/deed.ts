import type { RunRecord } from '../record/record.ts'
import type { RecoveryTrial } from '../record/result.ts'
import { counted, listed, times } from './words.ts'

// What was done to the system, as the subject of a sentence: `Killing one of two wallet instances in region a three times`.
const verbs: Record<string, string> = {
  'process-kill': 'killing',
  'link-latency': 'slowing',
  'link-down': 'cutting',
  'region-outage': 'losing',
}

export function deedOf({ system }: Pick<RunRecord, 'system'>, trials: readonly RecoveryTrial[]): string {
  const first = trials[0]
  if (first === undefined) return ''
  const verb = verbs[first.fault] ?? `${first.fault} on`
  const objects = trials.map(({ targets }) => objectOf(system, targets))
  const same = objects.every((text) => text === objects[0])
  const object = same ? objects[0]! : listed([...new Set(objects)], 3)
  const often = trials.length === 1 ? '' : same ? ` ${times(trials.length)}` : ` (${trials.length} trials)`
  return `${verb} ${object}${often}`
}

function objectOf(system: RunRecord['system'], targets: readonly string[]): string {
  const links = targets.map(linkOf)
  if (links.every((link) => link !== null)) return listed([...new Set(links)], 3)
  const instances = targets.map((target) => /^(.+)-([a-z])-\d+$/.exec(target))
  const [one] = instances
  if (instances.length !== 1 || !one) return listed(targets, 3)
  const [, service, region] = one
  const replicas = system.services.find(({ name }) => name === service)?.replicas
  const which =
    replicas === undefined || replicas === 1
      ? `the only ${service} instance`
      : `one of ${counted(replicas)} ${service} instances`
  return `${which} in region ${region}`
}

/** `game-a>wallet-a-1` → `the link from game to wallet`. */
function linkOf(target: string): string | null {
  const [from, to] = target.split('>')
  if (from === undefined || to === undefined) return null
  return `the link from ${from.replace(/-[a-z]$/, '')} to ${to.replace(/-[a-z](-\d+)?$/, '')}`
}
