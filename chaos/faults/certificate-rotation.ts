import { Type, type Static } from 'typebox'
import { Failure } from '#lib/errors.ts'
import { processesOf } from '#sut/contracts/topology.ts'
import type { FaultPort, IssuedCertificate } from '../targets/target.ts'
import type { Fault, FaultPlan, PlanContext } from './fault.ts'
import { nameProblems } from './names.ts'
import { candidatesOf } from './process-kill.ts'
import { mustSee } from './must-see.ts'

const parameters = Type.Object(
  {
    service: Type.Optional(
      Type.String({ description: 'whose certificates are replaced; none: those of all services' }),
    ),
    region: Type.Optional(Type.String({ description: 'only there; none: everywhere' })),
    // A kubelet may take a minute and a half until it has written a changed Secret into its pods.
    limit_s: Type.Number({
      minimum: 1,
      maximum: 600,
      default: 120,
      description: 'within which all must show new ones',
    }),
  },
  { additionalProperties: false },
)
type Parameters = Static<typeof parameters>
type Place = Pick<Parameters, 'service' | 'region'>

interface Details extends Record<string, unknown> {
  place: Place
  limit_s: number
  /** Serial number by instance, before and now; null: it does not say. */
  before: Record<string, string | null>
  issued: IssuedCertificate[]
}

/** New certificates while everything runs, as they come before the old ones end. Bites when every instance shows its new one. */
export const certificateRotation: Fault<Parameters> = {
  name: 'certificate-rotation',
  title: 'issues new certificates to running services; there is nothing to revert',
  parameters,
  needs: ['certificate.rotate'],
  check: ({ service, region }, system) => [
    ...nameProblems({ parts: [], regions: [region] }, system),
    ...(service === undefined ? [] : doorProblems(service, system)),
  ],
  links: () => [],
  plan: async ({ limit_s, ...place }, context) => {
    const instances = instancesOf(place, context)
    const whose = `${place.service ?? 'all services'}${place.region ? ` in region ${place.region}` : ''}`
    if (instances.length === 0)
      throw new Failure('NO_FAULT_TARGET', `certificate-rotation: no ready instance of ${whose}`)
    const before = Object.fromEntries(instances.map((instance) => [instance, null]))
    return { targets: [whose], undo: [], details: { place, limit_s, before, issued: [] } satisfies Details }
  },
  inject: async (plan, port) => {
    const details = plan.details as Details
    details.before = await shownBy(Object.keys(details.before), port)
    details.issued = (await port.rotateCertificates?.(details.place)) ?? []
  },
  verify: allShowNew,
  revert: async () => {},
}

function doorProblems(service: string, system: PlanContext['system']): string[] {
  if (system.stores.includes(service)) return [`${service} is a store: it has no certificate`]
  const problems = nameProblems({ parts: [service], regions: [] }, system)
  const host = processesOf(service, system)
  if (problems.length > 0 || host === service || service === 'gateway') return problems
  return [`${service} shows nobody a certificate: it is called within the process of a ${host}`]
}

function instancesOf({ service, region }: Place, context: PlanContext): string[] {
  const services = service === undefined ? context.system.services.map(({ name }): string => name) : [service]
  return services.flatMap((name) => candidatesOf({ service: name, ...(region && { region }) }, context))
}

async function shownBy(instances: readonly string[], port: FaultPort): Promise<Record<string, string | null>> {
  const shown = async (instance: string) => [instance, (await port.shownCertificate?.(instance)) ?? null] as const
  return Object.fromEntries(await Promise.all(instances.map(shown)))
}

async function allShowNew({ details }: FaultPlan, port: FaultPort): Promise<string> {
  const { before, issued, limit_s } = details as Details
  const begin_ms = performance.now()
  const fresh = new Map<string, { serial: string; after_ms: number }>()
  let late = Object.keys(before)
  const look = async (): Promise<boolean> => {
    for (const [instance, serial] of Object.entries(await shownBy(late, port)))
      if (serial !== null && issued.some((each) => each.serial === serial))
        fresh.set(instance, { serial, after_ms: performance.now() - begin_ms })
    late = late.filter((instance) => !fresh.has(instance))
    return late.length === 0
  }
  const otherwise = (): string => {
    const old = late.map((instance) => `${instance} (${short(before[instance])})`).join(', ')
    return `no new one is shown after ${limit_s} s by ${old}`
  }
  const sight = { what: 'new certificates to be shown', limit_ms: limit_s * 1000, every_ms: 250, otherwise }
  await mustSee(look, { fault: 'certificate-rotation', ...sight })
  const changes = [...fresh].map(
    ([instance, { serial, after_ms }]) =>
      `${instance} ${short(before[instance])} → ${short(serial)} after ${(after_ms / 1000).toFixed(1)} s`,
  )
  return `${fresh.size} instances show new certificates: ${changes.join('; ')}`
}

/** Of 32 digits that are drawn, eight tell one from another. */
const short = (serial: string | null | undefined): string => serial?.slice(0, 8).toLowerCase() ?? 'unknown'
