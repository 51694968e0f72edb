import { Type, type Static } from 'typebox'
import { Failure } from '#lib/errors.ts'
import { WaitedTooLong, waitFor } from '#lib/wait.ts'
import type { SystemDescriptor } from '#sut/contracts/descriptor.ts'
import type { FaultPort, LinkSelector, Toxic } from '../targets/target.ts'
import type { FaultPlan, PlanContext } from './fault.ts'
import { linkProblems, nameProblems } from './names.ts'

// What faults on links share: which links, the toxics on them with their undo, and the measurement that proves them.
const probeLimit_ms = 8000

export const linkParameters = {
  from: Type.String({ description: 'service that calls' }),
  to: Type.String({ description: 'service or store that is called' }),
  from_region: Type.Optional(Type.String({ description: 'region of the caller; none: every region' })),
  to_region: Type.Optional(Type.String({ description: 'region of the callee; none: every region' })),
}
const linkSelector = Type.Object(linkParameters)
type LinkParameters = Static<typeof linkSelector>

export function selectorOf({ from, to, from_region, to_region }: LinkParameters): LinkSelector {
  return { from, to, ...(from_region && { from_region }), ...(to_region && { to_region }) }
}

export function checkLink({ from, to, from_region, to_region }: LinkParameters, system: SystemDescriptor): string[] {
  const problems = nameProblems({ parts: [from, to], regions: [from_region, to_region] }, system)
  return problems.length > 0 ? problems : linkProblems(from, to, system)
}

export interface LinkDetails extends Record<string, unknown> {
  toxics: Toxic[]
  /** Round trip before the fault by link, ms; null: the link did not answer even then. */
  before: Record<string, number | null>
}

export async function planLinks(selector: LinkSelector, toxics: Toxic[], { port }: PlanContext): Promise<FaultPlan> {
  const links = (await port.links(selector)).map((link) => link.id).toSorted()
  if (links.length === 0)
    throw new Failure('NO_FAULT_TARGET', `no proxied link from ${selector.from} to ${selector.to} fits the parameters`)
  const undo = links.flatMap((link) =>
    toxics.map(({ name }) => ({ operation: 'removeToxic', arguments: { link, name } })),
  )
  return { targets: links, undo, details: { toxics, before: {} } satisfies LinkDetails }
}

export async function addToxics(plan: FaultPlan, port: FaultPort): Promise<void> {
  const { toxics, before } = plan.details as LinkDetails
  for (const link of plan.targets) before[link] = (await port.probeLink(link)).round_trip_ms
  await Promise.all(
    plan.targets.map(async (link) => {
      for (const toxic of toxics) await port.addToxic(link, toxic)
    }),
  )
}

export async function removeToxics(plan: FaultPlan, port: FaultPort): Promise<void> {
  const { toxics } = plan.details as LinkDetails
  await Promise.all(
    plan.targets.map(async (link) => {
      for (const toxic of toxics.toReversed()) await port.removeToxic(link, toxic.name)
    }),
  )
}

export type Probe = Awaited<ReturnType<FaultPort['probeLink']>>

/**
 * Probes every link until `bites` gives a sentence for it. Links that did not answer before the fault prove nothing and are
 * left out; when none is left, or one is not bitten within the limit: FAULT_NOT_EFFECTIVE.
 */
export async function proveOnLinks(
  fault: string,
  plan: FaultPlan,
  port: FaultPort,
  bites: (before_ms: number, now: Probe) => string | null,
): Promise<string> {
  const { before } = plan.details as LinkDetails
  const answering = plan.targets.flatMap((link) => {
    const before_ms = before[link]
    return typeof before_ms === 'number' ? [{ link, before_ms }] : []
  })
  if (answering.length === 0)
    throw new Failure(
      'FAULT_NOT_EFFECTIVE',
      `${fault}: ${plan.targets.join(', ')} did not answer even before the fault`,
    )
  const evidence = await Promise.all(
    answering.map(async ({ link, before_ms }) => {
      let now: Probe | undefined
      const bitten = async (): Promise<string | null> => bites(before_ms, (now = await port.probeLink(link)))
      try {
        return `${link}: ${await waitFor(bitten, { what: link, limit_ms: probeLimit_ms, every_ms: 100 })}`
      } catch (error) {
        if (!(error instanceof WaitedTooLong)) throw error
        const seen = now?.round_trip_ms === null ? 'no answer' : `${now?.round_trip_ms?.toFixed(1)} ms`
        throw new Failure(
          'FAULT_NOT_EFFECTIVE',
          `${fault}: ${link} answered in ${before_ms.toFixed(1)} ms before, ${seen} now`,
        )
      }
    }),
  )
  return evidence.join('; ')
}
