import { Type, type Static } from 'typebox'
import { Failure } from '#lib/errors.ts'
import type { Fault } from './fault.ts'
import { allGone } from './gone.ts'
import { nameProblems } from './names.ts'
import { mustSee } from './must-see.ts'

const parameters = Type.Object(
  { region: Type.String({ description: 'region that goes dark' }) },
  { additionalProperties: false },
)
const proof_limit_ms = 2000
interface Stopped {
  subject: string
  pid: number
}

/** Every process of a region is killed, its stores too, and stays down until the revert. */
export const regionOutage: Fault<Static<typeof parameters>> = {
  name: 'region-outage',
  title: 'kills every process of a region, its stores included, and keeps it down',
  parameters,
  needs: ['region.outage'],
  check: ({ region }, system) => nameProblems({ parts: [], regions: [region] }, system),
  links: () => [],
  plan: async ({ region }) => ({
    targets: [`region ${region}`],
    undo: [{ operation: 'startRegion', arguments: { region } }],
    details: { region, stopped: [] },
  }),
  inject: async (plan, port) => {
    plan.details['stopped'] = await port.stopRegion(plan.details['region'] as string)
  },
  verify: async (plan, port) => {
    const stopped = plan.details['stopped'] as Stopped[]
    if (stopped.length === 0)
      throw new Failure('FAULT_NOT_EFFECTIVE', `region-outage: no process was found in ${plan.targets.join(', ')}`)
    await allGone('region-outage', stopped, port)
    return `${stopped.length} processes are gone: ${stopped.map(({ subject }) => subject).join(', ')}`
  },
  revert: (plan, port) => port.startRegion(plan.details['region'] as string),
  held: {
    async prove({ details }, port) {
      const region = details['region'] as string
      let running: string[] = []
      // What was about to start when its region was stopped is ended as soon as it has started.
      const nothingRuns = async (): Promise<boolean> => (running = await port.runningIn(region)).length === 0
      const otherwise = (): string => `in region ${region} run ${running.join(', ')}`
      await mustSee(nothingRuns, {
        fault: 'region-outage',
        what: 'nothing to run',
        limit_ms: proof_limit_ms,
        otherwise,
      })
      return `nothing runs in region ${region}`
    },
  },
}
