import { availableParallelism, totalmem } from 'node:os'
import { Failure } from '#lib/errors.ts'
import { cacheFolder, freeMib } from '#toolchain/cache.ts'
import { type Artifact, isMade } from './artifact.ts'

// What takes an hour is not begun where it cannot end.

/** Go's own caches take most of it, wherever they are: 15 GiB of the 18.3 that the 20 parts took, made out of nothing. */
const disk_mib_per_program = 750
const disk_mib_image = 4_500
/** The linker of the largest program takes about 2 GiB. */
const memory_mib = 3_500

/**
 * Says what will be made and how long that takes about, when that is worth saying.
 * Throws DISK_FULL, with the need, or IMAGE_FAILED where the memory does not suffice.
 */
export async function assertRoom(
  artifacts: readonly Artifact[],
  progress: (text: string) => void,
  machine: { free_mib?: number; total_mib?: number } = {},
): Promise<void> {
  const made = await Promise.all(artifacts.map(isMade))
  const missing = artifacts.filter((_, index) => !made[index])
  if (missing.length === 0) return
  const needed_mib = disk_mib_image + disk_mib_per_program * missing.length
  const free_mib = machine.free_mib ?? (await freeMib(cacheFolder()))
  if (free_mib < needed_mib)
    throw new Failure('DISK_FULL', `the node image needs ${needed_mib} MiB; ${cacheFolder()} has ${free_mib} MiB free`)
  const total_mib = machine.total_mib ?? Math.floor(totalmem() / 2 ** 20)
  if (total_mib < memory_mib)
    throw new Failure('IMAGE_FAILED', `building Kubernetes needs ${memory_mib} MiB of memory; there are ${total_mib}`, {
      hint: "use kind's own node image: let Docker reach a registry, and leave --offline out",
    })
  const minutes = Math.ceil(
    (missing.reduce((sum, { typical_s }) => sum + typical_s, 0) * 2) / availableParallelism() / 60,
  )
  progress(`${missing.length} parts of the node image will be made, about ${minutes} min, once: ${namesOf(missing)}`)
}

const namesOf = (artifacts: readonly Artifact[]): string => artifacts.map(({ name }) => name).join(', ')
