import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { heartbeat } from '#lib/heartbeat.ts'
import { type MakeOptions, failureOf } from '../offline/artifact.ts'
import { type Engine, runBeside } from '../sandbox/engine.ts'
import { type Recipe, referenceOf } from './recipe.ts'

const limit_ms = 20 * 60_000
const inspect_limit_ms = 30_000
const heartbeat_ms = 15_000

export async function hasImage(engine: Engine, reference: string): Promise<boolean> {
  const args = ['image', 'inspect', '--format', '{{.Id}}', reference]
  return runBeside(engine, 'docker', args, { limit_ms: inspect_limit_ms }).then(
    () => true,
    () => false,
  )
}

/** The reference of the image, built when the engine does not have it. Throws IMAGE_FAILED with the end of the log. */
export async function ensureImage(engine: Engine, recipe: Recipe, options: MakeOptions): Promise<string> {
  const reference = referenceOf(recipe)
  if (await hasImage(engine, reference)) return reference
  const { progress, signal } = options
  progress(`building the image ${recipe.name} (about ${recipe.typical_s} s, once) …`)
  const start_ms = performance.now()
  const elapsed_s = (): number => Math.round((performance.now() - start_ms) / 1000)
  const folder = await mkdtemp(join(tmpdir(), 'slot-chaos-image-'))
  try {
    using working = new DisposableStack()
    working.use(heartbeat(heartbeat_ms, () => progress(`still building ${recipe.name} (${elapsed_s()} s so far) …`)))
    await recipe.prepare(folder, options)
    await buildFolder(engine, folder, reference, signal)
    progress(`built the image ${recipe.name} in ${elapsed_s()} s`)
    return reference
  } catch (error) {
    signal?.throwIfAborted()
    throw failureOf(`the image ${recipe.name}`, error)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

export async function buildFolder(
  engine: Engine,
  folder: string,
  reference: string,
  signal?: AbortSignal,
): Promise<void> {
  // The newer builder is a plug-in that not every engine comes with; the older one needs no network.
  const environment = { DOCKER_BUILDKIT: engine.namespace === null && (await hasBuildx(engine)) ? '1' : '0' }
  await runBeside(engine, 'docker', ['build', '--tag', reference, folder], { limit_ms, environment, signal })
}

const hasBuildx = (engine: Engine): Promise<boolean> =>
  runBeside(engine, 'docker', ['buildx', 'version'], { limit_ms: inspect_limit_ms }).then(
    () => true,
    () => false,
  )
