import { Type, type Static } from 'typebox'
import { Failure } from '#lib/errors.ts'
import type { Fault } from './fault.ts'
import { nameProblems } from './names.ts'
import { mustSee } from './must-see.ts'

const parameters = Type.Object(
  {
    region: Type.String({ description: 'region whose machines are frozen' }),
    count: Type.Union([Type.Integer({ minimum: 1, maximum: 20 }), Type.Literal('all')], {
      default: 'all',
      description: 'how many of its machines, chosen by the seed, or all',
    }),
  },
  { additionalProperties: false },
)
const limit_ms = 10_000

/** Machines that hang: nothing on them answers, connections stay open, and everything goes on where it was when they come back. */
export const nodePause: Fault<Static<typeof parameters>> = {
  name: 'node-pause',
  title: 'freezes machines of a region; nobody is told',
  parameters,
  needs: ['node.pause'],
  check: ({ region }, system) => nameProblems({ parts: [], regions: [region] }, system),
  links: () => [],
  plan: async ({ region, count }, { random, port }) => {
    const machines = (await port.machines?.(region)) ?? []
    if (machines.length === 0) throw new Failure('NO_FAULT_TARGET', `node-pause: no machine in region ${region}`)
    const chosen = count === 'all' ? machines : random.sample(machines, count)
    const undo = chosen.map((machine) => ({ operation: 'resumeMachine', arguments: { machine } }))
    // The region is what phases of recovery are about.
    return {
      targets: [`region ${region}`, ...chosen.map((each) => `node ${each}`)],
      undo,
      details: { machines: chosen },
    }
  },
  inject: async ({ details }, port) => {
    await Promise.all((details['machines'] as string[]).map(async (machine) => port.pauseMachine?.(machine)))
  },
  verify: async ({ details }, port) => {
    const machines = details['machines'] as string[]
    const silent = async (): Promise<boolean> => {
      const answers = await Promise.all(machines.map(async (machine) => port.probeMachine?.(machine)))
      return answers.every((answer) => answer === null)
    }
    const otherwise = (): string => `${machines.join(', ')} still answer after ${limit_ms} ms`
    await mustSee(silent, { fault: 'node-pause', what: 'machines to be silent', limit_ms, otherwise })
    return `${machines.join(', ')} do not answer any more`
  },
  revert: async ({ details }, port) => {
    await Promise.all((details['machines'] as string[]).map(async (machine) => port.resumeMachine?.(machine)))
  },
  held: {
    async prove({ details }, port) {
      const machines = details['machines'] as string[]
      const answers = await Promise.all(machines.map(async (machine) => port.probeMachine?.(machine)))
      const answering = machines.filter((_, index) => answers[index] !== null)
      if (answering.length === 0) return `${machines.join(', ')} do not answer`
      throw new Failure('FAULT_NOT_EFFECTIVE', `node-pause: ${answering.join(', ')} answer again`)
    },
  },
}
