import type { ProgramName } from '#toolchain/registry.ts'
import type { DumpLine } from '#sut/contracts/state.ts'
import type { SystemDescriptor } from '#sut/contracts/descriptor.ts'
import type { ObservationLine, UndoAction } from '#reports/record/format.ts'

// A target is a place where a system runs and faults land. One folder each; the registry is chaos/targets/registry.ts.
export interface Target {
  readonly name: string
  /** Fault operations that it can do; a fault names what it needs, and is refused by name before anything starts. */
  readonly capabilities: readonly Capability[]
  /** Per cent of an experiment's load when nobody says how much; without it all of it. Less where a machine bears more. */
  readonly load_percent?: number
  /** How often the state of the system is sampled, in windows of a second; without it every one. More where asking costs more. */
  readonly sample_every?: number
  /** Outside programs that a system here needs, by their names in toolchain/registry.ts. */
  readonly programs: readonly ProgramName[]
  /**
   * Brings about what a system stands on (an engine, a cluster, images) and asks what has to be asked, before anything is
   * measured. Says in which network namespace the harness and the load must be, so that they can reach it; null: anywhere.
   */
  prepare?(options: TargetOptions, ports: PreparePorts): Promise<{ network_namespace: string | null }>
  /** From which network namespace the systems that run here can be reached; null: from anywhere. */
  stands?(): Promise<string | null>
  /** What systems here stand on, and outlives them: one line for each thing. */
  readonly ground?: {
    status(): Promise<string[]>
    /** Removes it. Idempotent; says what it removed. */
    remove(options: TargetOptions, progress: (text: string) => void): Promise<string[]>
  }
  /** Starts a system; when it throws, nothing is left of it. */
  up(request: UpRequest): Promise<RunningSystem>
  /** All systems of this user that are running here, by whomever they were started. */
  list(): Promise<SystemStatus[]>
  /** Reaches a system that another command started. */
  connect(id: string): Promise<RunningSystem>
  /** Ends what is left of systems whose owner is gone. Says what it found and did, one line each. */
  recover(): Promise<{ found: string[]; undone: string[]; failed: string[] }>
}

export const capabilities = [
  'process.kill',
  'process.hold',
  'link.toxic',
  'region.outage',
  'pod.kill',
  'pod.delete',
  'node.pause',
  'certificate.rotate',
  'requests.hold',
] as const
export type Capability = (typeof capabilities)[number]

/** What a person says about the place: each target takes what it knows. */
export interface TargetOptions {
  /** Of the kubeconfig; none: the current one. */
  context?: string
  /** The context is confirmed already. */
  yes?: boolean
  /** A Docker engine of our own in a network namespace without a way out. */
  sandbox?: boolean
  /** No container registry is asked. */
  offline?: boolean
}

export interface PreparePorts {
  progress: (text: string) => void
  /** A question to a person; null: nobody is there to be asked. */
  ask: ((question: string) => Promise<boolean>) | null
  signal: AbortSignal
}

export interface UpRequest {
  design: string
  /** Links that must be breakable: each gets a proxy. 'all' for `up` alone. */
  links: readonly LinkSelector[] | 'all'
  /** The system ends by itself when it hears nothing of the harness for this long; 0: it lives until `down`. */
  lease_ms: number
  ports_from?: number
  /** False: every service keeps the replicas that it starts with. */
  autoscaling?: boolean
  options?: TargetOptions
  progress: (text: string) => void
  signal: AbortSignal
}

/** `from` calls `to`; both are services or stores; a region of '*' (or none) means every region. */
export interface LinkSelector {
  from: string
  to: string
  from_region?: string
  to_region?: string
}

/** A link that carries a proxy: everything that `from` in its region sends to one instance of `to`. */
export interface Link {
  id: string // game-a>wallet-a-1
  from: string
  from_region: string
  to: string // service or store
  to_region: string
  to_instance: string
}

export interface Toxic {
  name: string
  /** Toxiproxy's types: latency {latency, jitter}, timeout {timeout}, reset_peer {timeout}, bandwidth {rate}, limit_data … */
  type: string
  stream: 'upstream' | 'downstream'
  attributes: Record<string, number>
}

export interface SystemStatus {
  id: string
  target: string
  design: string
  started_at_ms: number
  /** Base addresses of the public gateways by region: https://127.0.0.1:PORT */
  gateways: { region: string; url: string }[]
  owner_alive: boolean
}

export interface RunningSystem extends AsyncDisposable {
  readonly id: string
  readonly descriptor: SystemDescriptor
  readonly gateways: readonly { region: string; url: string }[]
  /** PEM file of the authority that signed the gateways' certificates. */
  readonly authority_file: string
  /** Names and passwords of its operator and its auditor, as JSON; for this user alone. */
  readonly accounts_file: string
  /** The key with which the load has its traces recorded; for this user alone. */
  readonly trace_key_file: string
  readonly versions: Record<string, string>
  /** Time-outs that decide recovery, printed in every report. */
  readonly settings: Record<string, string | number>

  /** State now, shaped like a line of observations.jsonl. */
  sample(): Promise<Extract<ObservationLine, { kind: 'sample' }>>
  /** Events and scaling decisions since the start of the system, as they come, until the signal aborts. */
  events(signal: AbortSignal): AsyncIterable<ObservationLine>
  /** A process (the load generator) that must not outlive the lease. */
  guard(pid: number): Promise<void>
  /** Work that still moves (outboxes, open rounds, events behind), summed over all instances. */
  pending(): Promise<Record<string, number>>
  /** The final state of every service. */
  dump(): AsyncIterable<DumpLine>

  readonly faults: FaultPort
  /**
   * Aborted, with LEASE_EXPIRED as its reason, when the target no longer takes this harness for alive (it was stopped, or asleep,
   * for longer than its lease): then the faults that it put on are reverted, or the system has ended.
   */
  readonly lost: AbortSignal
  /** Stops everything and leaves nothing. Idempotent. */
  down(): Promise<void>
}

export interface IssuedCertificate {
  service: string
  region: string
  serial: string
}

export interface HeldRequests {
  wanted: number
  open: number
  /** Refused in words, and about to be begun again. */
  refused: number
  /** Not begun: the gateway admits no more on their connections. */
  beyond: number
  /** All refusals so far, by their code. */
  refusals: Record<string, number>
  /** The last one of a connection. */
  error?: string
}

/** What faults are made of. Each operation is idempotent, each undo can run in another process (after a crash). */
export interface FaultPort {
  links(selector: LinkSelector): Promise<Link[]>
  /** SIGKILL. Returns the identities that were killed: an instance with its old process id. */
  kill(instances: readonly string[]): Promise<{ instance: string; pid: number }[]>
  /** SIGKILL, and they stay down until `startProcesses`; only with the capability `process.hold`. */
  stopProcesses(names: readonly string[]): Promise<{ subject: string; pid: number }[]>
  startProcesses(names: readonly string[]): Promise<void>
  /** Those of them that run now. */
  runningOf(names: readonly string[]): Promise<string[]>
  /** True when that process is gone. */
  gone(pid: number): Promise<boolean>
  addToxic(link: string, toxic: Toxic): Promise<void>
  removeToxic(link: string, name: string): Promise<void>
  /** Whether the proxy of the link has it, as the proxy says; null: there is no such link any more. */
  hasToxic(link: string, name: string): Promise<boolean | null>
  /** Bytes through a link's proxy cannot be asked for; so a probe connection measures it: ms to the first byte, or why not. */
  probeLink(link: string): Promise<{ connected: boolean; round_trip_ms: number | null; error: string | null }>
  /** Kills every process of the region, its stores included, and keeps it down until `startRegion`. */
  stopRegion(region: string): Promise<{ subject: string; pid: number }[]>
  startRegion(region: string): Promise<void>
  /** What runs in a region now that `stopRegion` would have killed: processes, or machines. */
  runningIn(region: string): Promise<string[]>
  /** The way Kubernetes ends a pod: SIGTERM, grace, SIGKILL. Only with the capability `pod.delete`. */
  deletePods?(instances: readonly string[]): Promise<void>
  /** True when that instance gets no traffic any more. */
  leaving?(instance: string): Promise<boolean>
  /** Freezes machines; `node.pause`. Names of machines, as `machines` gives them. */
  machines?(region: string): Promise<string[]>
  pauseMachine?(machine: string): Promise<void>
  resumeMachine?(machine: string): Promise<void>
  /** How a machine answers now, in a sentence; null: it does not. */
  probeMachine?(machine: string): Promise<string | null>
  /** New certificates: for one service or all, in one region or all. Instances take them up by themselves; `certificate.rotate`. */
  rotateCertificates?(chosen: { service?: string; region?: string }): Promise<IssuedCertificate[]>
  /** Serial number of the certificate that an instance shows to who connects to it; null: it does not say. */
  shownCertificate?(instance: string): Promise<string | null>
  /** Requests to the gateways of a region that are begun and never ended, until they are released; `requests.hold`. Again: nothing more. */
  holdRequests?(region: string, many: { connections: number; streams: number }): Promise<void>
  /** What has become of them; null: none are held there. */
  heldRequests?(region: string): Promise<HeldRequests | null>
  releaseRequests?(region: string): Promise<void>
  /** Runs an undo that a journal holds. */
  undo(action: UndoAction): Promise<void>
  /** What faults have left: toxics, stopped regions. Empty is clean. */
  residue(): Promise<string[]>
}
