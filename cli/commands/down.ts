import type { Argv } from 'yargs'
import { own } from '#chaos/engine/plan.ts'
import { catalogue } from '../catalogue.ts'
import { flag } from '../options.ts'
import { runningSystems, theSystem } from '../systems.ts'

interface Options {
  system?: string
  all: boolean
}

/** A run that is going on has a system, too: that one is left alone unless it is named. */
export const down = {
  command: 'down [system]',
  describe: 'End a system that `up` has started',
  builder: (yargs: Argv) =>
    yargs
      .positional('system', { type: 'string', describe: 'Its id; not needed when there is only one' })
      .option('all', flag('End every system of this user')),
  handler: async ({ system: id, all }: Options): Promise<void> => {
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
