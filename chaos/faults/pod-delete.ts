import { Type, type Static } from 'typebox'
import { Failure } from '#lib/errors.ts'
import type { Fault } from './fault.ts'
import { nameProblems } from './names.ts'
import { candidatesOf } from './process-kill.ts'
import { mustSee } from './must-see.ts'

const parameters = Type.Object(
  {
    service: Type.String({ description: 'service whose pods are deleted' }),
    region: Type.Optional(Type.String({ description: 'only there; none: anywhere' })),
    count: Type.Integer({ minimum: 1, maximum: 20, default: 1, description: 'how many, chosen by the seed' }),
  },
  { additionalProperties: false },
)
const limit_ms = 10_000

/** The way an upgrade or a drained machine ends a pod: SIGTERM, grace, and another one in its place. Nothing is to be reverted. */
export const podDelete: Fault<Static<typeof parameters>> = {
  name: 'pod-delete',
  title: 'deletes pods of a service in the orderly way (SIGTERM, grace)',
  parameters,
  needs: ['pod.delete'],
  check: ({ service, region }, system) => nameProblems({ parts: [service], regions: [region] }, system),
  links: () => [],
  plan: async ({ count, ...where }, context) => {
    const candidates = candidatesOf(where, context)
    if (candidates.length === 0) throw new Failure('NO_FAULT_TARGET', `pod-delete: no ready pod of ${where.service}`)
    return { targets: context.random.sample(candidates, count).toSorted(), undo: [], details: {} }
  },
  inject: async ({ targets }, port) => port.deletePods?.(targets),
  verify: async ({ targets }, port) => {
    const leaving = async (): Promise<boolean> => {
      const answers = await Promise.all(targets.map(async (target) => port.leaving?.(target)))
      return answers.every((each) => each === true)
    }
    const otherwise = (): string => `still there after ${limit_ms} ms: ${targets.join(', ')}`
    await mustSee(leaving, { fault: 'pod-delete', what: 'pods to leave', limit_ms, otherwise })
    return `${targets.join(', ')} must go`
  },
  revert: async () => {},
}
