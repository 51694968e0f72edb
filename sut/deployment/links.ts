import { Failure } from '#lib/errors.ts'
import { type SystemDescriptor, regions, zones } from '#sut/contracts/descriptor.ts'
import { callersIn } from '#sut/contracts/topology.ts'

// A link is everything that a service of one region sends to one instance of a service, or to one node of a store.
//
//   game in region a ──► proxy "game-a>wallet-b-2" ──► wallet-b-2
export interface Selector {
  from: string
  to: string
  from_region?: string
  to_region?: string
}
export type Selection = 'all' | readonly Selector[]

export interface Link {
  id: string
  from: string
  from_region: string
  to: string
  to_region: string
  to_instance: string
}

/** An instance of a service, or a node of a store. */
export interface Destination {
  to: string
  region: string
  instance: string
}

/** All links that lead to these destinations, proxied or not. */
export function linksTo(destinations: readonly Destination[], system: SystemDescriptor): Link[] {
  return callersIn(system).flatMap(({ name: from, calls }) =>
    system.regions.flatMap((from_region) =>
      destinations
        .filter(({ to }) => calls.includes(to))
        .map(({ to, region, instance }) => ({
          id: linkId(from, from_region, instance),
          from,
          from_region,
          to,
          to_region: region,
          to_instance: instance,
        })),
    ),
  )
}

export const linkId = (from: string, from_region: string, instance: string): string =>
  `${from}-${from_region}>${instance}`

export function isSelected(link: Link, selection: Selection): boolean {
  return selection === 'all' || selection.some((selector) => matches(link, selector))
}

export function matches(link: Link, selector: Selector): boolean {
  const same = (wanted: string | undefined, value: string): boolean =>
    wanted === undefined || wanted === '*' || wanted === value
  return (
    same(selector.from, link.from) &&
    same(selector.from_region, link.from_region) &&
    same(selector.to, link.to) &&
    same(selector.to_region, link.to_region)
  )
}

/** Throws Failure UNKNOWN_LINK, which names every selector that no link of this system can ever match. */
export function assertLinks(selection: Selection, system: SystemDescriptor): void {
  if (selection === 'all') return
  const possible = linksTo(
    [...callersIn(system).map(({ name }) => name), ...system.stores].flatMap((to) =>
      zones
        .filter((zone) => to === 'nats' || regions.some((region) => region === zone))
        .map((region) => ({ to, region, instance: `${to}-${region}` })),
    ),
    system,
  )
  const unknown = selection.filter((selector) => !possible.some((link) => matches(link, selector)))
  if (unknown.length === 0) return
  const names = unknown.map((each) => `${each.from}(${each.from_region ?? '*'}) > ${each.to}(${each.to_region ?? '*'})`)
  throw new Failure('UNKNOWN_LINK', `no such link: ${names.join(', ')}`)
}
