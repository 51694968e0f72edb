import { mkdir } from 'node:fs/promises'
import { Failure } from '#lib/errors.ts'
import { lock } from '#lib/lock.ts'
import { type MakeOptions, artifactsFolder } from '../offline/artifact.ts'
import { runningEngine } from '../sandbox/engine.ts'
import { sandboxPlace } from '../sandbox/place.ts'
import { sandboxStatus, stopSandbox } from '../sandbox/sandbox.ts'
import { clusterName } from './configuration.ts'
import { existingCluster } from './existing.ts'
import { clusterLock, clusterPlace } from './place.ts'
import { deleteCluster, removePlace } from './up.ts'

const lock_limit_ms = 5 * 60_000

/**
 * Removes the cluster; a sandboxed engine goes with it, entirely. Idempotent: says what there was, one line each.
 * Throws CLUSTER_FOREIGN rather than touch what is not ours.
 */
export async function clusterDown({ sandbox, progress }: { sandbox: boolean } & MakeOptions): Promise<string[]> {
  if (sandbox) return sandboxDown()
  const engine = await runningEngine({ sandbox: false })
  if (engine === undefined) return []
  await mkdir(artifactsFolder(), { recursive: true, mode: 0o700 })
  await using held = new AsyncDisposableStack()
  held.use(await lock(clusterLock(engine), { limit_ms: lock_limit_ms }))
  const existing = await existingCluster(engine)
  if (existing === undefined) return []
  if (!existing.ours)
    throw new Failure('CLUSTER_FOREIGN', `this project did not make the kind cluster ${clusterName}: it is left alone`)
  await deleteCluster(engine, { progress })
  return [`the cluster ${clusterName} of ${existing.containers.length} nodes`]
}

/** The engine takes its containers with it: kind need not be asked. */
async function sandboxDown(): Promise<string[]> {
  const place = sandboxPlace()
  const { running } = await sandboxStatus(place)
  const { found } = await stopSandbox(place)
  await removePlace(clusterPlace({ namespace: place.namespace }))
  return running === undefined ? found : [`the sandboxed engine ${place.name} with all that ran in it`]
}
