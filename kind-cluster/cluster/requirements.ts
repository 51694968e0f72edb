import { totalmem } from 'node:os'
import { Failure } from '#lib/errors.ts'
import { cacheFolder, freeMib } from '#toolchain/cache.ts'
import type { MakeOptions } from '../offline/artifact.ts'
import { type Engine, runBeside } from '../sandbox/engine.ts'
import { officialNodeImage } from './official-image.ts'

/** Three nodes and a system with its stores: what they write in a run, images unpacked three times included. */
const disk_mib = 6_000
const memory_mib = 6_000
const pull_limit_ms = 10 * 60_000

/** Throws DISK_FULL or CLUSTER_START_FAILED, with the need. */
export async function assertClusterRoom(): Promise<void> {
  const free_mib = await freeMib(cacheFolder())
  if (free_mib < disk_mib)
    throw new Failure('DISK_FULL', `a cluster needs ${disk_mib} MiB; ${cacheFolder()} has ${free_mib} MiB free`)
  const total_mib = Math.floor(totalmem() / 2 ** 20)
  if (total_mib < memory_mib)
    throw new Failure('CLUSTER_START_FAILED', `a cluster needs ${memory_mib} MiB of memory; there are ${total_mib}`, {
      hint: 'the target local needs less: leave --target kind out',
    })
}

/**
 * Pulls kind's node image unless the engine has it: that says best whether this engine, with its mirrors and proxies, reaches a
 * registry.
 */
export async function registryAnswers({
  engine,
  progress,
  signal,
}: MakeOptions & { engine: Engine }): Promise<boolean> {
  const inspect = ['image', 'inspect', '--format', '{{.Id}}', officialNodeImage]
  const has = await runBeside(engine, 'docker', inspect, { limit_ms: pull_limit_ms }).catch(() => undefined)
  if (has !== undefined) return true
  progress(`pulling ${officialNodeImage.split('@')[0]} …`)
  try {
    await runBeside(engine, 'docker', ['pull', '--quiet', officialNodeImage], { limit_ms: pull_limit_ms, signal })
    return true
  } catch {
    signal?.throwIfAborted()
    progress('no registry answers: images are made from Go modules and Debian packages')
    return false
  }
}
