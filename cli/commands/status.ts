import type { Argv } from 'yargs'
import { own } from '#chaos/engine/plan.ts'
import type { SystemStatus } from '#chaos/targets/target.ts'
import { targetNamed } from '#chaos/targets/registry.ts'
import { textOf } from '#lib/errors.ts'
import { catalogue } from '../catalogue.ts'
import { flag, text } from '../options.ts'
import { runningSystems } from '../systems.ts'

export const status = {
  command: 'status',
  describe: 'Show the systems that are running, their instances and active faults',
  builder: (yargs: Argv) =>
    yargs
      .option('target', text('target', 'Only there; without it everywhere'))
      .option('json', flag('Print it as JSON')),
  handler: async ({ target, json }: { target?: string; json: boolean }): Promise<void> => {
    if (target !== undefined) targetNamed(target)
    const wanted = ({ name }: { name: string }): boolean => target === undefined || name === target
    const systems = (await runningSystems()).filter((system) => wanted({ name: system.target }))
    const grounds = await Promise.all(
      Object.values(catalogue.targets)
        .filter(wanted)
        .map(async (each) => each.ground?.status() ?? []),
    )
    const looks = await Promise.all(systems.map(look))
    if (json) return console.log(JSON.stringify(looks, null, 2))
    const none = target === undefined ? 'no system is running' : `no system is running on ${target}`
    console.log([...grounds.flat(), looks.length === 0 ? none : looks.map(lookText).join('\n\n')].join('\n'))
  },
}

interface Look extends SystemStatus {
  instances: { instance: string; state: string; restarts: number }[]
  faults: string[]
  /** Why the system could not be asked. */
  error?: string
}

async function look(known: SystemStatus): Promise<Look> {
  try {
    await using system = await own(catalogue.targets, known.target)!.connect(known.id)
    const [sample, faults] = await Promise.all([system.sample(), system.faults.residue()])
    const instances = sample.instances.map(({ instance, state, restarts }) => ({ instance, state, restarts }))
    return { ...known, instances, faults }
  } catch (error) {
    return { ...known, instances: [], faults: [], error: textOf(error) }
  }
}

function lookText({
  id,
  target,
  design,
  started_at_ms,
  gateways,
  owner_alive,
  instances,
  faults,
  error,
}: Look): string {
  const ready = instances.filter(({ state }) => state === 'ready').length
  const others = instances.filter(({ state }) => state !== 'ready').map(({ instance, state }) => `${instance} ${state}`)
  const rows: [string, string][] = [
    ['target', `${target}, design ${design}`],
    ['since', new Date(started_at_ms).toISOString()],
    ['owner', owner_alive ? 'a command that is running' : 'none: it was started by `up`, or its command is gone'],
    ...gateways.map(({ region, url }): [string, string] => [`gateway ${region}`, url]),
    ['instances', error ?? [`${ready} of ${instances.length} ready`, ...others].join(', ')],
    ['faults', faults.join(', ') || 'none'],
  ]
  return [`system ${id}`, ...rows.map(([title, value]) => `  ${title.padEnd(10)} ${value}`)].join('\n')
}
