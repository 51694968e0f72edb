import { runProgram } from '#lib/run-program.ts'
import { waitFor } from '#lib/wait.ts'
import type { NodesAccess } from './state.ts'

// Machines that are containers: what can be done to them that Kubernetes cannot undo.
//
//   running ──kill──► exited ──start──► running        running ──pause──► paused ──unpause──► running

export interface Nodes {
  readonly all: NodesAccess['nodes']
  states(): Promise<{ name: string; container: string; state: string; pid: number }[]>
  kill(container: string): Promise<void>
  pause(container: string): Promise<void>
  /** Whatever was done to it, it runs again. Idempotent. */
  revive(container: string): Promise<void>
}

const command_limit_ms = 30_000
const exit_limit_ms = 60_000

export function containerNodes({ command, environment, nodes }: NodesAccess): Nodes {
  const docker = async (...args: string[]): Promise<string> => {
    const [program, ...before] = command
    const { stdout } = await runProgram(program!, [...before, ...args], { limit_ms: command_limit_ms, environment })
    return stdout
  }
  const states: Nodes['states'] = async () => {
    const format = '{{.Name}} {{.State.Status}} {{.State.Pid}}'
    const lines = (await docker('inspect', '--format', format, ...nodes.map(({ container }) => container))).trim()
    return lines.split('\n').map((line) => {
      const [path = '', state = '', pid = '0'] = line.split(' ')
      const container = path.replace(/^\//, '')
      const name = nodes.find((node) => node.container === container)?.name ?? container
      return { name, container, state, pid: Number(pid) }
    })
  }
  const stateOf = async (container: string): Promise<string | undefined> =>
    (await states()).find((each) => each.container === container)?.state
  return {
    all: nodes,
    states,
    async kill(container) {
      // Docker waits 10 s for the end of a machine that it has killed, then says that it could not. A hundred processes that end on a
      // busy machine take longer: what counts is whether it has ended.
      const said = await docker('kill', container).then(
        () => null,
        (error: unknown) => ({ error }),
      )
      if (said === null) return
      const hasEnded = async (): Promise<boolean> => (await stateOf(container)) === 'exited'
      await waitFor(hasEnded, { what: `the end of ${container}`, limit_ms: exit_limit_ms, every_ms: 500 }).catch(() => {
        throw said.error
      })
    },
    pause: async (container) => void (await docker('pause', container)),
    async revive(container) {
      const state = await stateOf(container)
      if (state === 'paused') await docker('unpause', container)
      else if (state !== 'running') await docker('start', container)
    },
  }
}
