import { join } from 'node:path'
import { waitFor } from '#lib/wait.ts'
import type { SystemContext } from './context.ts'
import { type LinkFaults, createLinkFaults } from './faults/links.ts'
import { type ProcessFaults, createProcessFaults } from './faults/processes.ts'
import { createAuthority } from '#sut/deployment/pki.ts'
import { autoscale } from './services/autoscaler.ts'
import { type ServiceCertificates, issueCertificates } from './services/certificates.ts'
import { type Fleet, createFleet } from './services/fleet.ts'
import { type Sampler, createSampler } from './services/sampler.ts'
import { type StartGuard, guarded } from './start-guard.ts'
import { type Stores, startStores, surroundingsOf } from './stores.ts'
import { startProxies } from './toxiproxy.ts'

/** Everything that runs, and what can be done to it. */
export interface System {
  readonly fleet: Fleet
  readonly stores: Stores
  readonly certificates: ServiceCertificates
  readonly sampler: Sampler
  readonly linkFaults: LinkFaults
  readonly processFaults: ProcessFaults
  readonly authority_file: string
}

/** An instance that has ended this often does not get ready by being started again. */
const exits_max = 3

/**
 * Certificates, proxies and stores at once, then all services at once. Ready when every instance is.
 * Throws a Failure that ends with the log of what did not start.
 */
export async function startSystem(context: SystemContext, tell: (text: string) => void): Promise<System> {
  const { request, folder, clock, ending } = context
  const start: StartGuard = { signal: ending, log: (name) => context.processes.log(name) }
  tell('starting PostgreSQL, Redis and NATS …')
  const needs_proxies = request.links === 'all' || request.links.length > 0
  const [authority, proxies, stores] = await Promise.all([
    createAuthority(join(folder, 'certificates'), request.id, clock),
    needs_proxies ? startProxies(context, start) : null,
    startStores(context, start),
  ])
  const { services, regions } = request.descriptor
  const certificates = await issueCertificates(context, authority)
  const fleet = await createFleet(context, certificates, proxies, surroundingsOf(stores))
  for (const { name, replicas } of services) for (const region of regions) await fleet.scale(name, region, replicas)
  tell(`starting ${fleet.instances().length} service processes …`)
  await allReady(context, fleet, start)

  const processFaults = createProcessFaults(context, fleet, stores)
  void fleet.watch()
  void certificates.watch()
  void autoscale(context, fleet, (region) => processFaults.isUp(region))
  return {
    fleet,
    stores,
    certificates,
    sampler: createSampler(context, fleet, stores),
    linkFaults: createLinkFaults(context, fleet, certificates, stores, proxies),
    processFaults,
    authority_file: authority.file,
  }
}

async function allReady({ settings }: SystemContext, fleet: Fleet, start: StartGuard): Promise<void> {
  const waiting = (): ReturnType<Fleet['instances']> => fleet.instances().filter((instance) => !instance.ready())
  const ready = async (): Promise<boolean> => {
    await fleet.refresh()
    const failing = waiting().find(({ kept }) => kept.restarts() >= exits_max)
    if (failing !== undefined)
      await guarded(start, failing.name, [failing.name], async () => {
        throw new Error(`it has ended ${failing.kept.restarts()} times`)
      })
    return waiting().length === 0
  }
  try {
    await waitFor(ready, {
      what: 'the services to be ready',
      limit_ms: settings.start_limit_ms,
      every_ms: 100,
      signal: start.signal,
    })
  } catch (error) {
    const names = waiting().map(({ name }) => name)
    await guarded(start, names.join(', '), names.slice(0, 1), async () => {
      throw error
    })
  }
}
