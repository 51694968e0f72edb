import { Type, type Static } from 'typebox'
import { Failure } from '#lib/errors.ts'
import type { Fault, FaultPlan } from './fault.ts'
import { allGone } from './gone.ts'
import { chosenProcesses, killParameters, killProblems } from './process-kill.ts'
import { mustSee } from './must-see.ts'

const parameters = Type.Object(killParameters, { additionalProperties: false })
const proof_limit_ms = 2000

interface Details extends Record<string, unknown> {
  /** What was killed, and in which role. */
  about: string[]
  killed: { subject: string; pid: number }[]
}
const detailsOf = ({ details }: FaultPlan): Details => details as Details

/** Processes are killed and do not come back until the revert: long enough, and another takes their place or a standby is promoted. */
export const processOutage: Fault<Static<typeof parameters>> = {
  name: 'process-outage',
  title:
    'kills processes of a service or a store and keeps them down: the primary of PostgreSQL is followed by its standby',
  parameters,
  needs: ['process.hold'],
  check: killProblems,
  links: () => [],
  plan: async (chosen, context) => {
    const { targets, about } = chosenProcesses('process-outage', chosen, context)
    const undo = targets.map((name) => ({ operation: 'startProcess', arguments: { name } }))
    return { targets, undo, details: { about, killed: [] } satisfies Details }
  },
  inject: async (plan, port) => {
    detailsOf(plan).killed = await port.stopProcesses(plan.targets)
  },
  verify: async (plan, port) => {
    const { killed, about } = detailsOf(plan)
    const missed = plan.targets.filter((target) => !killed.some(({ subject }) => subject === target))
    if (missed.length > 0)
      throw new Failure('FAULT_NOT_EFFECTIVE', `process-outage: no process found for ${missed.join(', ')}`)
    await allGone('process-outage', killed, port)
    return [...killed.map(({ subject, pid }) => `process ${pid} of ${subject} is gone`), ...about].join('; ')
  },
  revert: ({ targets }, port) => port.startProcesses(targets),
  held: {
    async prove({ targets }, port) {
      let running: string[] = []
      const noneRuns = async (): Promise<boolean> => (running = await port.runningOf(targets)).length === 0
      const otherwise = (): string => `${running.join(', ')} run again`
      const sight = { what: 'processes to be down', limit_ms: proof_limit_ms, otherwise }
      await mustSee(noneRuns, { fault: 'process-outage', ...sight })
      return `${targets.join(', ')} are down`
    },
  },
}
