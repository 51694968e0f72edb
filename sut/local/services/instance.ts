import { join } from 'node:path'
import type { InstanceSample } from '#reports/record/format.ts'
import { usageOf } from '#lib/process.ts'
import type { SystemContext } from '../context.ts'
import { type KeptProcess, keepRunning } from '../kept-process.ts'
import type { CertificateFiles } from '#sut/deployment/pki.ts'
import type { ShownCertificate } from '#sut/contracts/state.ts'
import { flagsOf } from '#sut/deployment/service-config.ts'
import type { LoadAnswer, LoadReading } from '#sut/deployment/load.ts'
import { writeSealed } from '#sut/platform/sealed-file.ts'
import type { ServiceCertificates } from './certificates.ts'
import type { OperationsClient } from './operations.ts'
import { type ProcessPart, configurationOf, partsOf } from './process-parts.ts'

/** One replica of a service, or of a host of several: a name, ports, and a process that is restarted as long as the replica exists. */
export interface Instance {
  readonly name: string
  readonly service: string
  readonly region: string
  readonly ordinal: number
  readonly port: number
  /** Its port is one that players may be sent to. */
  readonly door: boolean
  readonly parts: readonly ProcessPart[]
  readonly kept: KeptProcess
  state(): InstanceSample['state']
  ready(): boolean
  /** It was told to stop. */
  leaving(): boolean
  /** Asks the readiness probe, if it is not being asked just now; true when that changed whether the instance gets traffic. */
  probe(): Promise<boolean>
  /** Null when it does not answer. */
  read(): Promise<LoadReading | null>
  /** Of the certificate that its door shows to who connects to it. Null when it does not answer. */
  shownSerial(): Promise<string | null>
  /** No more traffic from now on; then SIGTERM, then SIGKILL. */
  stop(): Promise<void>
}

export interface InstanceOptions {
  service: string
  region: string
  ordinal: number
  certificates: ServiceCertificates
  operations: OperationsClient
  changed: () => void
}

export function createInstance(context: SystemContext, options: InstanceOptions): Instance {
  const { ports, settings, clock, observe, processes, request } = context
  const { service, region, ordinal, operations, changed } = options
  const name = `${service}-${region}-${ordinal}`
  const port = ports.port(name)
  const parts = partsOf(context, options)
  const door = parts.find((part) => part.service === 'gateway')
  // A host answers for all its parts at its door; what comes in there is what goes on within it.
  const { operations_port } = door ?? parts[0]!
  const certificates = (of: string): CertificateFiles => options.certificates.files(of, region)
  const vault = join(context.folder, 'vault', `${name}.age`)
  const configuration = configurationOf(context, options, { port, parts, certificates })
  let ready = false
  let ever_ready = false
  let failures = 0
  let stopping = false
  let probing = false

  const forget = (): void => {
    ready = false
    ever_ready = false
    failures = 0
  }
  const kept = keepRunning(context, {
    name,
    service,
    region,
    launch: async () => {
      forget()
      const key = await writeSealed(vault, JSON.stringify(configuration))
      return processes.spawn({
        name,
        command: process.execPath,
        args: [...flagsOf(service), request.entry.replace('{service}', service)],
        cwd: request.root,
        environment: {
          SLOT_CONFIG: vault,
          SLOT_CONFIG_KEY: key,
          NODE_COMPILE_CACHE: join(request.cache, 'compile'),
          NODE_ENV: 'production',
        },
        channel: true,
      })
    },
    changed: () => {
      if (kept.process() === null) forget()
      changed()
    },
  })
  return {
    name,
    service,
    region,
    ordinal,
    port,
    door: door !== undefined,
    parts,
    kept,
    ready: () => ready && !stopping,
    leaving: () => stopping,
    state() {
      const phase = kept.phase()
      if (stopping) return phase === 'ended' && kept.process() === null ? 'stopped' : 'stopping'
      if (phase === 'back-off') return 'back-off'
      if (phase !== 'running') return 'stopped'
      return ready ? 'ready' : ever_ready ? 'not-ready' : 'starting'
    },
    async probe() {
      const process = kept.process()
      if (process === null || stopping || probing) return false
      probing = true
      const ok = await operations.ready(operations_port).finally(() => (probing = false))
      if (process !== kept.process()) return false
      failures = ok ? 0 : failures + 1
      if (ok === ready || (!ok && failures < settings.readiness_failures)) return false
      ready = ok
      ever_ready ||= ok
      observe.event(ok ? 'ready' : 'not-ready', name, { service, region })
      return true
    },
    async read() {
      const process = kept.process()
      const usage = process === null ? null : usageOf(process)
      if (process === null || usage === null) return null
      const load = await operations.json<LoadAnswer>(operations_port, '/load')
      return load === undefined ? null : { ...load, ...usage, at_ms: clock.monotonic_ms(), pid: process.pid }
    },
    async shownSerial() {
      const shown = await operations.json<ShownCertificate>(operations_port, '/certificate')
      return shown?.serial ?? null
    },
    async stop() {
      stopping = true
      observe.event('stopping', name, { service, region })
      changed()
      await kept.end(settings.termination_grace_ms)
      observe.event('stopped', name, { service, region })
    },
  }
}
