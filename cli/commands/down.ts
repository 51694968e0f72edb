import type { Argv } from 'yargs'
import { own } from '#chaos/engine/plan.ts'
import { targetNamed } from '#chaos/targets/registry.ts'
import { catalogue } from '../catalogue.ts'
import { flag, text } from '../options.ts'
import { runningSystems, theSystem } from '../systems.ts'

interface Options {
  system?: string
  all: boolean
  target?: string
  sandbox: boolean
}

/** A run that is going on has a system, too: that one is left alone unless it is named. */
export const down = {
  command: 'down [system]',
  describe: 'End a system that `up` has started',
  builder: (yargs: Argv) =>
    yargs
      .positional('system', { type: 'string', describe: 'Its id; not needed when there is only one' })
      .option('all', flag('End every system of this user'))
      .option('target', text('target', 'End every system there, and what they stand on: the cluster, its sandbox'))
      .option('sandbox', flag('With --target kind: the one in a sandbox')),
  handler: async ({ system: id, all, target, sandbox }: Options): Promise<void> => {
    if (target !== undefined) return downWhole(target, sandbox)
    const running = await runningSystems()
    if (running.length === 0) {
      console.log('no system is running')
      return
    }
    for (const status of all ? running : [await theSystem(id)]) {
      const system = await own(catalogue.targets, status.target)!.connect(status.id)
      await system.down()
      console.log(`system ${status.id} is down`)
    }
  },
}

/** The ground is removed from outside: whoever stands in a sandbox cannot take it away. */
async function downWhole(name: string, sandbox: boolean): Promise<void> {
  const target = targetNamed(name)
  const removed: string[] = []
  if (target.ground === undefined)
    for (const { id } of await target.list()) {
      await (await target.connect(id)).down()
      removed.push(`system ${id}`)
    }
  else removed.push(...(await target.ground.remove(sandbox ? { sandbox } : {}, console.error)))
  console.log(removed.length === 0 ? `nothing runs on ${name}` : removed.map((each) => `removed: ${each}`).join('\n'))
}
