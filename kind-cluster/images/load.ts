import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type MakeOptions, failureOf } from '../offline/artifact.ts'
import type { ClusterImages, KindCluster } from '../cluster/cluster.ts'
import { runBeside } from '../sandbox/engine.ts'
import { ensureImage } from './build.ts'
import { recipes } from './recipes.ts'

const list_limit_ms = 30_000
const load_limit_ms = 5 * 60_000

/**
 * The images of the system in all nodes: built when the engine lacks them, loaded into those nodes that lack them, all at once.
 * The second time nothing happens. Throws IMAGE_FAILED.
 */
export async function ensureImages(cluster: KindCluster, options: MakeOptions): Promise<ClusterImages> {
  const { service, stores, agent } = await recipes(cluster)
  const images = {
    stores: await ensureImage(cluster.engine, stores, options),
    agent: await ensureImage(cluster.engine, agent, options),
    service: await ensureImage(cluster.engine, service, options),
  }
  await loadImages(cluster, Object.values(images), options)
  return images
}

async function loadImages(cluster: KindCluster, references: readonly string[], options: MakeOptions): Promise<void> {
  const lacking = await Promise.all(
    cluster.nodes.map(async ({ container }) => {
      const present = await imagesIn(cluster, container)
      return { container, images: references.filter((each) => !present.has(each)) }
    }),
  )
  const wanted = references.filter((each) => lacking.some(({ images }) => images.includes(each)))
  if (wanted.length === 0) return
  const { progress, signal } = options
  progress(`loading ${wanted.length} images into the nodes …`)
  const start_ms = performance.now()
  const folder = await mkdtemp(join(tmpdir(), 'slot-chaos-load-'))
  try {
    // One after the other: a node that has the image's layers already reads them all the same.
    for (const [index, image] of wanted.entries()) {
      const archive = join(folder, `${index}.tar`)
      await runBeside(cluster.engine, 'docker', ['save', '--output', archive, image], {
        limit_ms: load_limit_ms,
        signal,
      })
      const targets = lacking.filter(({ images }) => images.includes(image))
      await Promise.all(targets.map(({ container }) => importInto(cluster, container, archive, signal)))
      await rm(archive)
    }
  } catch (error) {
    signal?.throwIfAborted()
    throw failureOf('the set of images in the nodes', error)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  progress(`loaded ${wanted.length} images in ${Math.round((performance.now() - start_ms) / 1000)} s`)
}

async function imagesIn({ engine }: KindCluster, container: string): Promise<Set<string>> {
  const args = ['exec', container, 'ctr', '--namespace', 'k8s.io', 'images', 'list', '--quiet']
  const { stdout } = await runBeside(engine, 'docker', args, { limit_ms: list_limit_ms })
  return new Set(stdout.split('\n'))
}

/** A shell, for runProgram gives a program no input. */
async function importInto(
  { engine }: KindCluster,
  container: string,
  archive: string,
  signal?: AbortSignal,
): Promise<void> {
  const importing = 'ctr --namespace k8s.io images import --all-platforms --digests=false --snapshotter overlayfs -'
  const line = `exec docker exec --interactive "$1" ${importing} < "$2"`
  await runBeside(engine, 'sh', ['-c', line, 'load', container, archive], { limit_ms: load_limit_ms, signal })
}
