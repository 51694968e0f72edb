import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { artifactsFolder } from '../offline/artifact.ts'
import type { Engine } from '../sandbox/engine.ts'
import { encryptionConfiguration } from './configuration.ts'

/** What this machine keeps of a cluster: how to reach it, and the key of its Secrets. Readable by its user alone. */
export interface ClusterPlace {
  folder: string
  kubeconfig: string
  encryption_folder: string
  /** There while the cluster is being made: one that has no hash yet is ours all the same. */
  creating: string
}

/** One cluster an engine. */
export function clusterPlace({ namespace }: Pick<Engine, 'namespace'>): ClusterPlace {
  const where = namespace === null ? 'machine' : `sandbox-${basename(namespace)}`
  const folder = join(artifactsFolder(), `cluster-${where}`)
  return {
    folder,
    kubeconfig: join(folder, 'kubeconfig'),
    encryption_folder: join(folder, 'encryption'),
    creating: join(folder, 'creating'),
  }
}

export const clusterLock = (engine: Pick<Engine, 'namespace'>): string => `${clusterPlace(engine).folder}.lock`

/** The folder with a fresh key; a key that is there stays, for a cluster may use it. */
export async function makePlace({ folder, encryption_folder }: ClusterPlace): Promise<void> {
  await mkdir(encryption_folder, { recursive: true, mode: 0o700 })
  const file = join(encryption_folder, 'configuration.json')
  if (existsSync(file)) return
  const configuration = encryptionConfiguration(randomBytes(32).toString('base64'))
  await writeFile(file, JSON.stringify(configuration), { mode: 0o600 })
  await mkdir(folder, { recursive: true, mode: 0o700 })
}
