import { join } from 'node:path'
import { cacheFolder } from '#toolchain/cache.ts'

/** Where a sandboxed engine lives: everything that it leaves anywhere is named here. */
export interface SandboxPlace {
  readonly name: string
  /** Network namespace, a file. */
  readonly namespace: string
  /** Sockets, process ids, logs: gone after a restart of the machine, as the engine is. */
  readonly run_folder: string
  /** Images and containers; large. */
  readonly data_folder: string
  readonly socket: string
}

/** One sandbox a machine; SLOT_CHAOS_SANDBOX names another one (tests keep theirs apart in this way). */
export const sandboxName = (): string => process.env['SLOT_CHAOS_SANDBOX'] ?? 'slot-chaos'

export function sandboxPlace(name = sandboxName()): SandboxPlace {
  if (!/^[a-z][a-z0-9-]{0,30}$/.test(name)) throw new RangeError(`not a name for a sandbox: ${name}`)
  const run_folder = `/run/${name}-engine`
  return {
    name,
    namespace: `/run/netns/${name}`,
    run_folder,
    data_folder: join(cacheFolder(), `engine-${name}`),
    socket: join(run_folder, 'docker.sock'),
  }
}

/** The variable that leads the docker command, kind and kubectl plug-ins to it. */
export const engineEnvironment = ({ socket }: SandboxPlace): { DOCKER_HOST: string } => ({
  DOCKER_HOST: `unix://${socket}`,
})
