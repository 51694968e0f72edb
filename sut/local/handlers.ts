import { Failure, textOf } from '#lib/errors.ts'
import type { ControlStreams } from './control-server.ts'
import type { Handlers } from './control.ts'
import type { SystemContext } from './context.ts'
import type { OperationsClient } from './services/operations.ts'
import { callersIn } from '#sut/contracts/topology.ts'
import { plantedBugOf } from '#sut/designs/registry.ts'
import type { Sessions } from './sessions.ts'
import type { System } from './system.ts'

/** What each operation of the control API does. */
export function handlersOf(
  { processes, observe }: SystemContext,
  { fleet, sampler, certificates, linkFaults, processFaults }: System,
  sessions: Sessions,
  end: () => void,
): Handlers {
  const none = {}
  return {
    'session-open': ({ lease_ms }) => ({ session: sessions.open(lease_ms) }),
    'session-heartbeat': ({ session }) => {
      sessions.heartbeat(session)
      return none
    },
    'session-close': async ({ session }) => {
      sessions.close(session)
      await linkFaults.revert(session)
      await processFaults.revert(session)
      return none
    },
    sample: () => sampler.sample(),
    pending: () => sampler.pending(true),
    guard: ({ pid }) => {
      processes.guard('load', pid)
      return none
    },
    links: (selector) => linkFaults.links(selector),
    kill: ({ names }) => processFaults.kill(names),
    'process-hold': ({ session, names }) => {
      sessions.heartbeat(session)
      return processFaults.hold(session, names)
    },
    'process-release': async ({ names }) => {
      await processFaults.release(names)
      return none
    },
    'process-running': ({ names }) => processFaults.running(names),
    gone: ({ pid }) => processFaults.gone(pid),
    'toxic-add': async ({ session, link, toxic }) => {
      sessions.heartbeat(session)
      await linkFaults.addToxic(session, link, toxic)
      return none
    },
    'toxic-remove': async ({ link, name }) => {
      await linkFaults.removeToxic(link, name)
      return none
    },
    'toxic-has': async ({ link, name }) => ({ there: await linkFaults.hasToxic(link, name) }),
    'link-probe': ({ link }) => linkFaults.probeLink(link),
    'region-stop': ({ session, region }) => {
      sessions.heartbeat(session)
      return processFaults.stopRegion(session, region)
    },
    'region-running': ({ region }) => processFaults.runningIn(region),
    'region-start': ({ region }) => {
      // It answers at once: a region is back when its processes are ready, which the samples tell.
      processFaults
        .startRegion(region)
        .catch((error: unknown) => observe.event('start-failed', region, { detail: textOf(error) }))
      return none
    },
    'certificates-rotate': (chosen) => certificates.rotate(chosen),
    'certificate-shown': async ({ instance }) => ({
      serial:
        (await fleet
          .instances()
          .find(({ name }) => name === instance)
          ?.shownSerial()) ?? null,
    }),
    residue: () => [...linkFaults.residue(), ...processFaults.residue()],
    down: () => {
      setImmediate(end)
      return none
    },
  }
}

export function streamsOf({ observe, request }: SystemContext, { fleet }: System): ControlStreams {
  return {
    events: (signal) => observe.follow(signal),
    dump() {
      // Found before the first byte goes out: an answer that has begun can only be cut off, not say why.
      const tellers = callersIn(request.descriptor).map(({ name }) => {
        const ready = fleet.instances().filter((each) => each.ready())
        const teller = ready.flatMap(({ parts }) => parts).find(({ service }) => service === name)
        if (teller !== undefined) return teller
        throw new Failure('STATE_UNREADABLE', `no instance of ${name} is ready to tell its state`)
      })
      // A bug that is planted in all instances has run in each of them on its own.
      const others = plantedBugOf(request.design) === undefined ? [] : fleet.instances().filter((each) => each.ready())
      const ports = tellers.map(({ operations_port }) => operations_port)
      const marked = others.flatMap(({ parts }) => parts).filter((part) => !ports.includes(part.operations_port))
      return statesOf(
        [
          ...tellers.map((teller) => ({ ...teller, path: '/dump' })),
          ...marked.map((part) => ({ ...part, path: '/planted' })),
        ],
        fleet.operations,
      )
    },
  }
}

async function* statesOf(
  places: readonly { service: string; operations_port: number; path: string }[],
  operations: OperationsClient,
): AsyncGenerator<Buffer | string> {
  for (const { service, operations_port, path } of places) {
    yield* (await operations.stream(operations_port, path, service)) as AsyncIterable<Buffer>
    yield '\n'
  }
}
