import { zones } from '#sut/contracts/descriptor.ts'
import type { SystemDescriptor } from '#sut/contracts/descriptor.ts'
import { callersIn, hostBetween } from '#sut/contracts/topology.ts'

/** One sentence for each service, store or region that the system does not have; undefined and '*' stand for any. */
export function nameProblems(
  names: { parts: readonly string[]; regions: readonly (string | undefined)[] },
  system: SystemDescriptor,
): string[] {
  const parts = [...callersIn(system).map((service): string => service.name), ...system.stores]
  const unknownParts = names.parts.filter((part) => !parts.includes(part))
  const unknownRegions = names.regions.filter(
    (region) => region !== undefined && region !== '*' && !zones.some((zone) => zone === region),
  )
  return [
    ...unknownParts.map((part) => `unknown service or store '${part}' (there are ${parts.join(', ')})`),
    ...unknownRegions.map((region) => `unknown region '${region}' (there are ${zones.join(', ')})`),
  ]
}

/** One sentence when `from` never calls `to`: such a link cannot be broken. */
export function linkProblems(from: string, to: string, system: SystemDescriptor): string[] {
  const caller = callersIn(system).find((service) => service.name === from)
  if (caller === undefined || caller.calls.includes(to)) return []
  const host = hostBetween(from, to, system)
  if (host !== undefined)
    return [`${from} calls ${to} within the process of a ${host}: between them there is no link that could be broken`]
  return [`${from} never calls ${to} (it calls ${caller.calls.join(', ')})`]
}
