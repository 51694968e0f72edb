import { availableParallelism, freemem, tmpdir, totalmem } from 'node:os'
import { textOf } from '#lib/errors.ts'
import { runProgram } from '#lib/run-program.ts'
import { cacheFolder, freeMib } from './cache.ts'
import { locatePostgres } from './postgres.ts'
import type { Program } from './program.ts'
import { programs } from './registry.ts'
import { findProgram, obstacleOf } from './resolve.ts'
import { describeRange } from './version.ts'

export interface Finding {
  name: string
  wanted: string
  version?: string
  source?: 'path' | 'cache' | 'prepared' | 'npm'
  path?: string
  /** A missing program that can be prepared: how, and about how long that takes. */
  can_be_prepared?: string
  /** A missing program that cannot be prepared: what was tried, and how a person gets it. */
  missing?: { tried: string[]; get_it: readonly string[] }
  /** Without this one everything runs; why somebody may want it. */
  optional?: string
}

export interface Findings {
  /** Everything is there or can be prepared. */
  ok: boolean
  programs: Finding[]
  machine: { platform: string; cores: number; memory_mib: number; free_memory_mib: number }
  /** `needed_mib` is what preparing takes; 0 when nothing is missing. */
  disk: { name: string; folder: string; free_mib: number; needed_mib: number }[]
}

/** Looks at everything that a run needs, and prepares nothing. */
export async function inspect({ cache = cacheFolder() } = {}): Promise<Findings> {
  const outside = await Promise.all(Object.values(programs).map((program) => inspectProgram(program, cache)))
  const lacking = Object.values(programs).filter(
    ({ optional }: Program, i) =>
      optional === undefined && outside[i]!.version === undefined && outside[i]!.missing === undefined,
  )
  const findings = [inspectNode(), await inspectPostgres(), ...outside, await inspectDocker()]
  const disk = [
    { name: 'cache', folder: cache, needed_mib: Math.max(0, ...lacking.map(({ needs_mib }) => needs_mib)) },
    { name: 'temporary files', folder: tmpdir(), needed_mib: 0 },
  ]
  const disks = await Promise.all(disk.map(async (each) => ({ ...each, free_mib: await freeMib(each.folder) })))
  return {
    ok:
      findings.every(({ missing, optional }) => missing === undefined || optional !== undefined) &&
      disks.every(({ free_mib, needed_mib }) => free_mib >= needed_mib),
    programs: findings,
    machine: {
      platform: `${process.platform} ${process.arch}`,
      cores: availableParallelism(),
      memory_mib: Math.floor(totalmem() / 2 ** 20),
      free_memory_mib: Math.floor(freemem() / 2 ** 20),
    },
    disk: disks,
  }
}

async function inspectProgram(program: Program, cache: string): Promise<Finding> {
  const base: Finding = {
    name: program.name,
    wanted: describeRange(program.accepted),
    ...(program.optional === undefined ? {} : { optional: program.optional }),
  }
  const { found, rejected } = await findProgram(program, { cache })
  if (found !== undefined) return { ...base, version: found.version, source: found.source, path: found.path }
  const obstacle = await obstacleOf(program, { cache, progress: () => undefined })
  const way = program.ways[0]
  if (obstacle === undefined && way !== undefined) {
    return { ...base, can_be_prepared: `${way.name}, about ${way.typical_s} s` }
  }
  return { ...base, missing: { tried: [...rejected, obstacle ?? ''], get_it: program.get_it } }
}

const inspectNode = (): Finding => ({
  name: 'node',
  wanted: '24',
  version: process.version.slice(1),
  source: 'npm',
  path: process.execPath,
})

async function inspectPostgres(): Promise<Finding> {
  const base = { name: 'postgresql', wanted: '18' }
  try {
    const { version, postgres } = await locatePostgres()
    return { ...base, version, source: 'npm', path: postgres }
  } catch (error) {
    return { ...base, missing: { tried: [textOf(error)], get_it: ['with npm: npm ci'] } }
  }
}

async function inspectDocker(): Promise<Finding> {
  const base = { name: 'docker', wanted: 'any', optional: 'only for --target kind' }
  try {
    const { stdout } = await runProgram('docker', ['version', '--format', '{{.Server.Version}}'], { limit_ms: 10_000 })
    return { ...base, version: stdout.trim(), source: 'path', path: 'docker' }
  } catch (error) {
    return { ...base, missing: { tried: [textOf(error)], get_it: [] } }
  }
}
