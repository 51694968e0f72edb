import { Type, type Static } from 'typebox'
import { Failure } from '#lib/errors.ts'
import type { SystemDescriptor } from '#sut/contracts/descriptor.ts'
import { processesOf } from '#sut/contracts/topology.ts'
import { nameProblems } from './names.ts'
import { allGone } from './gone.ts'
import type { Fault, PlanContext } from './fault.ts'

export const killParameters = {
  service: Type.String({ description: 'service or store whose processes are killed' }),
  region: Type.Optional(
    Type.String({ description: 'only there; none: anywhere, and for a store the region of its leader' }),
  ),
  count: Type.Union([Type.Integer({ minimum: 1, maximum: 20 }), Type.Literal('all')], {
    default: 1,
    description: 'how many, chosen by the seed, or all; of a store always one',
  }),
}
const parameters = Type.Object(killParameters, { additionalProperties: false })
type Parameters = Static<typeof parameters>
interface Killed {
  instance: string
  pid: number
}

/**
 * SIGKILL, as a crash or the out-of-memory killer would do it. There is nothing to revert: the platform restarts it, the primary of a
 * database too, in place and before its lease has run out. Who wants to see its standby promoted takes process-outage.
 */
export const processKill: Fault<Parameters> = killFault({
  name: 'process-kill',
  title: 'kills processes of a service or a store (SIGKILL)',
  needs: ['process.kill'],
})

export function killFault(about: Pick<Fault, 'name' | 'title' | 'needs'>): Fault<Parameters> {
  return { ...about, parameters, ...deedsOf(about.name) }
}

type Deeds = Omit<Fault<Parameters>, 'name' | 'title' | 'needs' | 'parameters'>

function deedsOf(name: string): Deeds {
  return {
    check: killProblems,
    links: () => [],
    plan: async (chosen, context) => {
      const { targets, about } = chosenProcesses(name, chosen, context)
      return { targets, undo: [], details: { killed: [], about } }
    },
    inject: async (plan, port) => {
      plan.details['killed'] = await port.kill(plan.targets)
    },
    verify: async (plan, port) => {
      const killed = plan.details['killed'] as Killed[]
      const missed = plan.targets.filter((target) => !killed.some(({ instance }) => instance === target))
      if (missed.length > 0)
        throw new Failure('FAULT_NOT_EFFECTIVE', `${name}: no process found for ${missed.join(', ')}`)
      await allGone(
        name,
        killed.map(({ instance, pid }) => ({ subject: instance, pid })),
        port,
      )
      const evidence = killed.map(({ instance, pid }) => `process ${pid} of ${instance} is gone`)
      return [...evidence, ...(plan.details['about'] as string[])].join('; ')
    },
    revert: async () => {},
  }
}

export function killProblems({ service, region, count }: Parameters, system: SystemDescriptor): string[] {
  const several = count !== 1 && system.stores.some((store) => store === service)
  return [
    ...nameProblems({ parts: [service], regions: [region] }, system),
    ...(several
      ? [`count is for services: of ${service} one process is killed, that of its leader or of 'region'`]
      : []),
  ]
}

/** Whom it hits, and what there is to say of them: their role, and who shares their process. */
export function chosenProcesses(
  fault: string,
  { count, ...where }: Parameters,
  context: PlanContext,
): { targets: string[]; about: string[] } {
  const candidates = candidatesOf(where, context)
  if (candidates.length === 0)
    throw new Failure('NO_FAULT_TARGET', `${fault}: no ready instance of ${where.service} ${place(where)}`)
  const targets = count === 'all' ? candidates : context.random.sample(candidates, count).toSorted()
  return { targets, about: [...rolesOf(where.service, targets, context), ...sharedBy(where.service, context)] }
}

function rolesOf(service: string, targets: readonly string[], { sample }: PlanContext): string[] {
  const store = Object.entries(sample.stores).find(([name]) => name === service)?.[1]
  if (store === undefined) return []
  const { leader } = store
  if (leader === null) return [`${service} had no leader`]
  const leads = (target: string): boolean => target === leader || target === `${service}-${leader}`
  return targets.map((target) => (leads(target) ? `${target} was the leader` : `${target} was not the leader`))
}

/** What is killed with a service that has no process of its own. */
function sharedBy(service: string, { system }: PlanContext): string[] {
  const hosted = system.services.find(({ name }) => name === processesOf(service, system))?.hosts ?? []
  return hosted.length === 0 ? [] : [`in it ran ${hosted.map(({ name }) => name).join(', ')}`]
}

/**
 * Ready instances of a service, or of the host whose processes it runs in; for a store its process in that region, or its leader.
 * Sorted: the seed alone decides.
 */
export function candidatesOf(
  { service, region }: Omit<Parameters, 'count'>,
  { sample, system }: Pick<PlanContext, 'sample' | 'system'>,
): string[] {
  const processes = processesOf(service, system)
  const instances = sample.instances
    .filter((item) => item.service === processes && item.state === 'ready' && (region ?? item.region) === item.region)
    .map((item) => item.instance)
  if (instances.length > 0) return instances.toSorted()
  const store = Object.entries(sample.stores).find(([name]) => name === service)?.[1]
  const home = store === undefined ? undefined : (region ?? store.leader)
  return home === undefined || home === null ? [] : [home.startsWith(`${service}-`) ? home : `${service}-${home}`]
}

const place = ({ region }: Omit<Parameters, 'count'>): string =>
  region === undefined ? 'anywhere' : `in region ${region}`
