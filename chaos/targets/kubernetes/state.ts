import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ProcessIdentity } from '#lib/process.ts'
import type { SystemDescriptor } from '#sut/contracts/descriptor.ts'
import { stateFolder } from '../state-folder.ts'
import type { Access } from './access/api.ts'

// What this user has started on clusters: a folder a system, beside those of the target `local`.
//
//   <state folder>/kubernetes/<id>/system.json, authority.pem

/** How to get at the machines of a cluster, when they are containers. */
export interface NodesAccess {
  /** The docker command, with what leads it to the right engine before it. */
  command: string[]
  environment: Record<string, string>
  nodes: { name: string; region: string; container: string }[]
}

export interface SystemRecord {
  schema: 1
  /** Also the name of its namespace. */
  id: string
  target: string
  state: 'starting' | 'ready'
  access: Access
  /** The network namespace in which the cluster can be reached; null: from everywhere. */
  network_namespace: string | null
  nodes: NodesAccess | null
  design: string
  descriptor: SystemDescriptor
  started_at_ms: number
  /** Who started it. With a lease the system ends when that one is gone. */
  owner: ProcessIdentity
  lease_ms: number
  gateways: { region: string; url: string }[]
  /** Host names and addresses of the gateways, for their certificates. */
  gateway_names: string[]
  authority_file: string
  versions: Record<string, string>
  settings: Record<string, string | number>
  agent_image: string
  /** By service. */
  operations_tokens: Record<string, string>
}

const root = (): string => join(stateFolder(), 'kubernetes')
export const recordFolder = (id: string): string => join(root(), id)

/** Whole or not at all; readable by this user alone. */
export async function writeRecord(record: SystemRecord): Promise<void> {
  const folder = recordFolder(record.id)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, 'system.json')
  await writeFile(`${path}.new`, JSON.stringify(record, null, 1), { mode: 0o600 })
  await rename(`${path}.new`, path)
}

export async function readRecord(id: string): Promise<SystemRecord | null> {
  try {
    return JSON.parse(await readFile(join(recordFolder(id), 'system.json'), 'utf8')) as SystemRecord
  } catch {
    return null
  }
}

export async function allRecords(): Promise<SystemRecord[]> {
  const names = await readdir(root()).catch(() => [])
  const records = await Promise.all(names.map(readRecord))
  return records.filter((record) => record !== null)
}

export const removeRecord = (id: string): Promise<void> => rm(recordFolder(id), { recursive: true, force: true })
