import type { VersionRange } from './version.ts'

// A program that is not an npm package: what is accepted of it, and how it is prepared when the machine lacks it.
export interface Program {
  readonly name: string
  /** File names looked for on PATH, best first. */
  readonly executables: readonly string[]
  /** What is prepared; part of the cache key. */
  readonly pinned_version: string
  /** What is accepted on PATH. */
  readonly accepted: VersionRange
  readonly version_arguments: readonly string[]
  /** Finds the version, first group, in what the program prints. */
  readonly version_pattern: RegExp
  /** Free space that preparing takes, intermediate files included. */
  readonly needs_mib: number
  /** Without this one most things run; for what it is needed. */
  readonly optional?: string
  /** Tried in order. */
  readonly ways: readonly Way[]
  /** How a person gets it, one sentence each. */
  readonly get_it: readonly string[]
}

export interface Way {
  /** "from Go modules": read after "prepared". */
  readonly name: string
  /** On two cores with an empty cache. */
  readonly typical_s: number
  /** Why it cannot even be tried on this machine; undefined when it can. */
  obstacle(context: WayContext): Promise<string | undefined>
  /** Fills the folder. Throws when it cannot. */
  prepare(folder: string, context: WayContext): Promise<Prepared>
}

export interface Prepared {
  /** Relative to the folder. */
  executable: string
  /** Shared libraries that the machine lacks, relative to the folder. */
  library_folder?: string
}

export interface WayContext {
  /** Another program that this way needs, found or prepared. */
  resolve(program: Program): Promise<Resolved>
  /** The same without preparing it: undefined, or why it is not to be had. */
  obstacleOf(program: Program): Promise<string | undefined>
  progress: (text: string) => void
  signal?: AbortSignal | undefined
}

export interface Resolved {
  name: string
  path: string
  version: string
  source: 'path' | 'cache' | 'prepared'
  /** To be added to the environment of the program when it is started. */
  environment?: Record<string, string>
}
