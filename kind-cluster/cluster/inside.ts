import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Engine, runBeside } from '../sandbox/engine.ts'
import { nodes } from './configuration.ts'

// kubectl in the container of the control plane: every node image has it, so this machine needs none.

const limit_ms = 120_000
const control_plane = nodes[0]!.container

export interface Inside {
  engine: Engine
  signal?: AbortSignal | undefined
}

export async function kubectl({ engine, signal }: Inside, args: readonly string[], limit = limit_ms): Promise<string> {
  const whole = ['exec', control_plane, 'kubectl', '--kubeconfig', '/etc/kubernetes/admin.conf', ...args]
  return (await runBeside(engine, 'docker', whole, { limit_ms: limit, signal })).stdout
}

/** Server-side, so that the second time changes nothing. */
export async function apply(inside: Inside, name: string, manifests: readonly object[]): Promise<void> {
  const list = { apiVersion: 'v1', kind: 'List', items: manifests }
  await withFolder(async (folder) => {
    await writeFile(join(folder, 'list.json'), JSON.stringify(list))
    await applyFolder(inside, name, folder, ['-f', `/kind/addons/${name}/list.json`])
  })
}

/** Copies a folder into the control plane and applies what `from` says of it: -f FILE or -k FOLDER. */
export async function applyFolder(
  inside: Inside,
  name: string,
  folder: string,
  from: readonly string[],
): Promise<void> {
  const { engine, signal } = inside
  const there = `/kind/addons/${name}`
  const docker = (...args: string[]): Promise<unknown> => runBeside(engine, 'docker', args, { limit_ms, signal })
  await docker('exec', control_plane, 'sh', '-c', `rm -rf ${there} && mkdir -p ${there}`)
  await docker('cp', '--quiet', `${folder}/.`, `${control_plane}:${there}`)
  await kubectl(inside, ['apply', '--server-side', '--force-conflicts', ...from])
}

export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'slot-chaos-cluster-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
