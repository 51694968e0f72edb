import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { waitFor } from '#lib/wait.ts'

const start_limit_ms = 20_000
const stop_limit_ms = 10_000

/** A server program of a test: can be killed, paused and started again with the same arguments. */
export interface ServerProcess {
  readonly port: number
  start(): Promise<void>
  /** SIGTERM unless another signal is named; resolves when the process is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>
  signal(signal: NodeJS.Signals): Promise<void>
}

export async function startServer(
  command: string,
  args: readonly string[],
  port: number,
  options: SpawnOptions = {},
): Promise<ServerProcess> {
  let child: ChildProcess | undefined
  let output = ''
  const server: ServerProcess = {
    port,
    async start() {
      const started = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
      child = started
      const keep = (chunk: Buffer): void => void (output = (output + chunk.toString()).slice(-4000))
      started.stdout?.on('data', keep)
      started.stderr?.on('data', keep)
      await waitFor(
        () => {
          if (started.exitCode !== null) throw new Error(`${command} ended with ${started.exitCode}: ${output}`)
          return accepts(port)
        },
        { what: `${command} on port ${port}`, limit_ms: start_limit_ms, every_ms: 20 },
      )
    },
    async stop(signal = 'SIGTERM') {
      const stopping = child
      if (stopping === undefined || stopping.exitCode !== null || stopping.signalCode !== null) return
      stopping.kill('SIGCONT')
      stopping.kill(signal)
      // timer: a server that does not heed the signal
      const late = setTimeout(() => stopping.kill('SIGKILL'), stop_limit_ms)
      await once(stopping, 'exit')
      clearTimeout(late)
    },
    signal: async (signal) => void child?.kill(signal),
  }
  await server.start()
  return server
}

export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const end = (result: boolean): void => {
      socket.destroy()
      resolve(result)
    }
    socket.once('connect', () => end(true)).once('error', () => end(false))
  })
}
