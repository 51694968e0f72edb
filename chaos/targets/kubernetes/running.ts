import { join } from 'node:path'
import { systemClock } from '#lib/clock.ts'
import { Failure } from '#lib/errors.ts'
import { identify } from '#lib/process.ts'
import { textLines } from '#lib/text-lines.ts'
import { openObservations, type Observations } from '#reports/record/observations.ts'
import type { DumpLine } from '#sut/contracts/state.ts'
import { plantedBugOf } from '#sut/designs/registry.ts'
import { staffFile, traceKeyFile } from '#sut/deployment/secrets.ts'
import type { RunningSystem } from '../target.ts'
import { type Api, openApi } from './access/api.ts'
import { endSystem } from './end.ts'
import { type SystemFaults, createFaults } from './fault-port.ts'
import { podClient, type PodClient } from './operations.ts'
import { createSampler, type Sampler, type Teller } from './sampler.ts'
import { recordFolder, type SystemRecord } from './state.ts'
import { createStoreStates } from './stores.ts'
import { type ClusterView, createView } from './watch/view.ts'
import type { Warden } from './warden-client.ts'

/** Connections, watches and conversations with one system; they end together. */
export interface Reached {
  api: Api
  view: ClusterView
  observe: Observations
  client: PodClient
  sampler: Sampler
  faults: SystemFaults
  close(): Promise<void>
}

/** Watches begin at once: of a system that is being made everything is seen. Throws CONTEXT_UNKNOWN. */
export async function reach(record: SystemRecord): Promise<Reached> {
  const { id: namespace, descriptor } = record
  const api = await openApi(record.access)
  const over = new AbortController()
  const observe = openObservations(null, systemClock)
  const view = createView({ api, namespace, clock: systemClock, observe, signal: over.signal })
  const client = podClient(api, namespace, record.operations_tokens)
  const stores = createStoreStates({ api, namespace, signal: over.signal }, view, client)
  const faults = createFaults(record, { api, view, client, observe })
  return {
    api,
    view,
    observe,
    client,
    faults,
    sampler: createSampler({ clock: systemClock, descriptor }, view, client, stores),
    async close() {
      await faults.close()
      over.abort()
      await api.close()
    },
  }
}

export interface RunningOptions {
  warden: Warden
  /** It was started by this command, with a lease: it ends when it is disposed of. */
  owned: boolean
}

export function runningSystem(
  record: SystemRecord,
  reached: Reached,
  { warden, owned }: RunningOptions,
): RunningSystem {
  const { sampler, observe, client, faults } = reached
  const done = new AbortController()
  let ended: Promise<void> | undefined
  const close = async (end: () => Promise<void>): Promise<void> => {
    done.abort() // whoever reads events reads to the end, not to an error
    await reached.close()
    await end()
    warden.done()
  }
  const down = (): Promise<void> => {
    ended ??= close(() => endSystem(record))
    // A second call finishes what the first one could not.
    return ended.catch(() => endSystem(record).then(() => warden.done()))
  }
  const leave = (): Promise<void> => (ended ??= close(async () => undefined))
  return {
    id: record.id,
    descriptor: record.descriptor,
    gateways: record.gateways,
    authority_file: record.authority_file,
    accounts_file: join(recordFolder(record.id), staffFile),
    trace_key_file: join(recordFolder(record.id), traceKeyFile),
    versions: record.versions,
    settings: record.settings,
    faults: faults.port,
    lost: warden.lost,
    sample: () => sampler.sample(),
    events: (signal) => observe.follow(AbortSignal.any([signal, done.signal])),
    async guard(pid) {
      const identity = identify(pid)
      if (identity !== null) warden.guard(identity)
    },
    pending: () => sampler.pending(true),
    dump: () => statesOf(sampler, client, plantedBugOf(record.design) !== undefined),
    down,
    [Symbol.asyncDispose]: owned ? down : leave,
  }
}

/** One instance of each service tells the state of all; of a planted bug each tells its own marks. */
async function* statesOf(sampler: Sampler, client: PodClient, planted: boolean): AsyncGenerator<DumpLine> {
  const tellers = sampler.tellers(false)
  const missing = tellers.filter(({ pod }) => pod === null).map(({ name }) => name)
  if (missing.length > 0)
    throw new Failure('STATE_UNREADABLE', `no instance of ${missing.join(', ')} is ready to tell its state`)
  const told = tellers.map((teller) => ({ ...teller, path: '/dump' }))
  const asked = new Set(tellers.map(placeOf))
  const others = planted ? sampler.tellers(true).filter((teller) => !asked.has(placeOf(teller))) : []
  for (const { name, pod, operations_port, path } of [
    ...told,
    ...others.map((teller) => ({ ...teller, path: '/planted' })),
  ]) {
    const state = await client.stream(pod!.metadata.name, path, { port: operations_port, service: name })
    for await (const line of textLines(state)) if (line !== '') yield JSON.parse(line) as DumpLine
  }
}

const placeOf = ({ pod, name }: Teller): string => `${pod?.metadata.name} ${name}`
