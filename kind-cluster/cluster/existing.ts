import { existsSync } from 'node:fs'
import { type Engine, runBeside } from '../sandbox/engine.ts'
import { clusterName, configurationLabel, nodes } from './configuration.ts'
import { clusterPlace } from './place.ts'

// What there is of a cluster of our name. Asked of the engine alone: the answer is needed most when Kubernetes does not answer.

const limit_ms = 60_000

export interface Existing {
  /** False: somebody else made a cluster of this name. */
  ours: boolean
  /** Hash of the configuration that it was made with; undefined also for one of ours that was never finished. */
  hash: string | undefined
  /** State of each container: running, paused, exited … */
  containers: { name: string; state: string; address: string }[]
}

/** kind labels the containers of a cluster with its name. */
export async function existingCluster(engine: Engine): Promise<Existing | undefined> {
  const filter = `label=io.x-k8s.kind.cluster=${clusterName}`
  const { stdout } = await docker(engine, ['ps', '--all', '--filter', filter, '--format', '{{.Names}} {{.State}}'])
  const lines = stdout.split('\n').filter((line) => line !== '')
  if (lines.length === 0) return undefined
  const containers = await Promise.all(
    lines.map(async (line) => {
      const [name = '', state = ''] = line.split(' ')
      return { name, state, address: await addressOf(engine, name) }
    }),
  )
  const hash = await hashOf(engine)
  return { ours: hash !== undefined || existsSync(clusterPlace(engine).creating), hash, containers }
}

/** All nodes are there, and none else, and run. */
export const isWhole = ({ containers }: Existing): boolean =>
  containers.length === nodes.length &&
  nodes.every(({ container }) => containers.some(({ name, state }) => name === container && state === 'running'))

async function addressOf(engine: Engine, name: string): Promise<string> {
  const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}'
  const { stdout } = await docker(engine, ['inspect', '--format', format, name])
  return stdout.trim().split(' ')[0] ?? ''
}

/** kind keeps what it told kubeadm in the container, with the labels of the node: copied out, it need not run for that. */
async function hashOf(engine: Engine): Promise<string | undefined> {
  const from = `${nodes[0]!.container}:/kind/kubeadm.conf`
  const output = await docker(engine, ['cp', from, '-']).catch(() => undefined)
  return new RegExp(`${configurationLabel}=([0-9a-f]+)`).exec(output?.stdout ?? '')?.[1]
}

const docker = (engine: Engine, args: readonly string[]): Promise<{ stdout: string }> =>
  runBeside(engine, 'docker', args, { limit_ms })
