import { Failure } from '#lib/errors.ts'
import type { SystemContext } from '../context.ts'
import { type Link, type Selector, linksTo, matches } from '#sut/deployment/links.ts'
import { observer } from '#sut/deployment/store-users.ts'
import type { ServiceCertificates } from '../services/certificates.ts'
import type { Fleet } from '../services/fleet.ts'
import type { Stores } from '../stores.ts'
import type { Proxies, ToxicSettings } from '../toxiproxy.ts'
import { type Probe, type ProbeResult, probe } from './probe.ts'

/** Breaking links. A toxic belongs to the session that added it, and ends with it. */
export interface LinkFaults {
  links(selector: Selector): Link[]
  addToxic(session: string, link: string, toxic: ToxicSettings): Promise<void>
  removeToxic(link: string, name: string): Promise<void>
  /** As the proxy says, not as we remember; null: no such link. */
  hasToxic(link: string, name: string): Promise<boolean | null>
  probeLink(link: string): Promise<ProbeResult>
  residue(): string[]
  revert(session: string): Promise<void>
}

const probe_limit_ms = 2_000
const probe_limit_max_ms = 8_000

export function createLinkFaults(
  { request, observe, secrets }: SystemContext,
  fleet: Fleet,
  certificates: ServiceCertificates,
  stores: Stores,
  proxies: Proxies | null,
): LinkFaults {
  const owners = new Map<string, string>() // toxicKey → session
  const toxicKey = (link: string, name: string): string => `${link} ${name}`
  const toxics = (): ReturnType<Proxies['toxics']> => proxies?.toxics() ?? []

  const proxiedLinks = (): Link[] => {
    const instances = fleet.instances().map(({ name, service, region }) => ({ to: service, region, instance: name }))
    const nodes = (['postgres', 'redis', 'nats'] as const).flatMap((to) =>
      stores[to].nodes.map(({ region }) => ({ to, region, instance: `${to}-${region}` })),
    )
    return linksTo([...instances, ...nodes], request.descriptor).filter(({ id }) => proxies?.port(id) !== undefined)
  }
  const probeOf = ({ to, from, from_region }: Link): Probe => {
    if (to === 'postgres' || to === 'redis') return { kind: to }
    if (to === 'nats') return { kind: 'nats', user: observer, password: secrets.observer }
    return { kind: 'service', certificates: certificates.files(from, from_region) }
  }
  const removeToxic: LinkFaults['removeToxic'] = async (link, name) => {
    await proxies?.remove(link, name)
    if (owners.delete(toxicKey(link, name))) observe.event('toxic-removed', link, { detail: name })
  }
  return {
    removeToxic,
    links: (selector) => proxiedLinks().filter((link) => matches(link, selector)),
    async addToxic(session, link, toxic) {
      if (proxies === null) throw new Failure('UNKNOWN_LINK', `link ${link} carries no proxy`)
      owners.set(toxicKey(link, toxic.name), session)
      await proxies.add(link, toxic)
      observe.event('toxic-added', link, { detail: `${toxic.name}: ${toxic.type}` })
    },
    hasToxic: async (id, name) =>
      proxies === null || !proxiedLinks().some((each) => each.id === id) ? null : proxies.has(id, name),
    async probeLink(id) {
      const link = proxiedLinks().find((each) => each.id === id)
      const port = proxies?.port(id)
      if (link === undefined || port === undefined) throw new Failure('UNKNOWN_LINK', `link ${id} carries no proxy`)
      // A latency that is there on purpose must be measured, not run into the limit.
      const added_ms = toxics()
        .filter((each) => each.link === id && each.toxic.type === 'latency')
        .reduce((sum, { toxic }) => sum + (toxic.attributes['latency'] ?? 0) + (toxic.attributes['jitter'] ?? 0), 0)
      return probe(port, probeOf(link), Math.min(probe_limit_max_ms, probe_limit_ms + 2 * added_ms))
    },
    residue: () => toxics().map(({ link, toxic }) => `toxic ${toxic.name} (${toxic.type}) on ${link}`),
    async revert(session) {
      const own = toxics().filter(({ link, toxic }) => owners.get(toxicKey(link, toxic.name)) === session)
      for (const { link, toxic } of own) await removeToxic(link, toxic.name)
    },
  }
}
