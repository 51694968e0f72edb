import { Type, type Static } from 'typebox'
import { Failure } from '#lib/errors.ts'
import { WaitedTooLong, waitFor } from '#lib/wait.ts'
import type { SystemDescriptor } from '#sut/contracts/descriptor.ts'
import type { FaultPort, LinkSelector, Toxic } from '../targets/target.ts'
import type { Fault, FaultPlan, PlanContext } from './fault.ts'
import { linkProblems, nameProblems } from './names.ts'

// What faults on links share: which links, the toxics on them with their undo, and the measurement that proves them.
const probeLimit_ms = 8000
const proofLimit_ms = 3000

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
  selector: LinkSelector
  toxics: Toxic[]
  /** Round trip before the fault by link, ms; null: the link did not answer even then. */
  before: Record<string, number | null>
}

export async function planLinks(selector: LinkSelector, toxics: Toxic[], { port }: PlanContext): Promise<FaultPlan> {
  const links = (await port.links(selector)).map((link) => link.id).toSorted()
  if (links.length === 0)
    throw new Failure('NO_FAULT_TARGET', `no proxied link from ${selector.from} to ${selector.to} fits the parameters`)
  return {
    targets: links,
    undo: undoOn(links, toxics),
    details: { selector, toxics, before: {} } satisfies LinkDetails,
  }
}

const undoOn = (links: readonly string[], toxics: readonly Toxic[]): FaultPlan['undo'] =>
  links.flatMap((link) => toxics.map(({ name }) => ({ operation: 'removeToxic', arguments: { link, name } })))

export async function addToxics(plan: FaultPlan, port: FaultPort): Promise<void> {
  const { before } = plan.details as LinkDetails
  for (const link of plan.targets) before[link] = (await port.probeLink(link)).round_trip_ms
  await addOn(plan.targets, plan, port)
}

async function addOn(links: readonly string[], { details }: FaultPlan, port: FaultPort): Promise<void> {
  const { toxics } = details as LinkDetails
  await Promise.all(
    links.map(async (link) => {
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
type Bites = (before_ms: number, now: Probe, plan: FaultPlan) => string | null

/** Verify and hold of a fault that is toxics on links: instances that come while it is held get them before they are ready. */
export function provenOnLinks(fault: string, bites: Bites): Pick<Fault, 'verify' | 'held'> {
  return {
    verify: (plan, port) => proveOnLinks({ fault, bites, limit_ms: probeLimit_ms, plan, port }),
    held: {
      prove: (plan, port) => proveAgain({ fault, bites, limit_ms: proofLimit_ms, plan, port }),
      async joined({ targets, details }, port) {
        const { selector, toxics } = details as LinkDetails
        const links = (await port.links(selector)).map(({ id }) => id).filter((id) => !targets.includes(id))
        return { targets: links.toSorted(), undo: undoOn(links, toxics) }
      },
      async spread(links, plan, port) {
        // What starts does not answer yet: how it would, the others tell.
        const { before } = plan.details as LinkDetails
        const known = Object.values(before).filter((each) => each !== null)
        const usual_ms = known.toSorted((one, other) => one - other)[Math.floor(known.length / 2)] ?? null
        for (const link of links) before[link] = usual_ms
        await addOn(links, plan, port)
      },
    },
  }
}

interface Proof {
  fault: string
  bites: Bites
  limit_ms: number
  plan: FaultPlan
  port: FaultPort
}

/**
 * Probes every link until `bites` gives a sentence for it. Links that did not answer before the fault prove nothing and are
 * left out; when none is left, or one is not bitten within the limit: FAULT_NOT_EFFECTIVE.
 */
async function proveOnLinks(proof: Proof): Promise<string> {
  const { fault, plan } = proof
  const answering = answeringBefore(plan)
  if (answering.length === 0)
    throw notEffective(fault, `${plan.targets.join(', ')} did not answer even before the fault`)
  const seen = await Promise.all(answering.map((each) => seenOn(each, proof)))
  for (const { text, bitten } of seen) if (!bitten) throw notEffective(fault, text)
  return seen.map(({ text }) => text).join('; ')
}

/**
 * The same while it is held. Other faults may come and go on the same links, and instances too: so the toxics must be in the
 * proxy, and what is answered must be as late as they make it; what is not answered shows nothing more.
 */
async function proveAgain(proof: Proof): Promise<string> {
  const { fault, plan, port } = proof
  const { toxics } = plan.details as LinkDetails
  const looked = await Promise.all(
    plan.targets.map(async (link): Promise<string | null> => {
      const there = await Promise.all(toxics.map(({ name }) => port.hasToxic(link, name)))
      if (there.includes(null)) return null // its instance has gone, and the link with it
      const gone = toxics.filter((_, index) => there[index] === false).map(({ name }) => name)
      if (gone.length > 0) throw notEffective(fault, `${gone.join(', ')} is not on ${link} any more`)
      const { text, bitten, answered } = await seenOn({ link, before_ms: 0 }, proof)
      if (!bitten && answered) throw notEffective(fault, text)
      return text
    }),
  )
  const seen = looked.filter((text) => text !== null)
  if (seen.length === 0) throw notEffective(fault, 'none of its links is there any more')
  return seen.join('; ')
}

interface Answering {
  link: string
  before_ms: number
}

function answeringBefore({ targets, details }: FaultPlan): Answering[] {
  const { before } = details as LinkDetails
  return targets.flatMap((link) => {
    const before_ms = before[link]
    return typeof before_ms === 'number' ? [{ link, before_ms }] : []
  })
}

async function seenOn(
  { link, before_ms }: Answering,
  { bites, limit_ms, plan, port }: Proof,
): Promise<{ text: string; bitten: boolean; answered: boolean }> {
  let now: Probe = { connected: false, round_trip_ms: null, error: null }
  const bitten = async (): Promise<string | null> => bites(before_ms, (now = await port.probeLink(link)), plan)
  try {
    const text = await waitFor(bitten, { what: link, limit_ms, every_ms: 100 })
    return { text: `${link}: ${text}`, bitten: true, answered: true }
  } catch (error) {
    const gone = error instanceof Failure && error.code === 'UNKNOWN_LINK'
    if (!(error instanceof WaitedTooLong) && !gone) throw error
    const answered = now.round_trip_ms !== null && !gone
    const text = answered ? `answers in ${now.round_trip_ms!.toFixed(1)} ms` : gone ? 'is gone' : 'does not answer'
    const before = before_ms > 0 ? `, in ${before_ms.toFixed(1)} ms before` : ''
    return { text: `${link} ${text}${before}`, bitten: false, answered }
  }
}

const notEffective = (fault: string, text: string): Failure => new Failure('FAULT_NOT_EFFECTIVE', `${fault}: ${text}`)
