import { GenericContainer, Wait, getContainerRuntimeClient } from 'testcontainers'
import { waitFor } from '#lib/wait.ts'
import { type ServerProcess, accepts } from './processes.ts'

const start_limit_ms = 60_000
const stop_limit_ms = 20_000

/**
 * A program in a container of an image, on the network of the engine: so its port is the same inside and outside, before and after
 * a restart. Testcontainers' own modules for PostgreSQL, Redis and NATS expect the start scripts of the official images.
 */
export async function startContainer(
  image: string,
  command: readonly string[],
  port: number,
): Promise<ServerProcess & AsyncDisposable> {
  const answers = (): Promise<boolean> =>
    waitFor(() => accepts(port), { what: `${command[0]} on port ${port}`, limit_ms: start_limit_ms, every_ms: 20 })
  const started = await new GenericContainer(image)
    .withNetworkMode('host')
    .withCommand([...command])
    .withWaitStrategy(Wait.forListeningPorts())
    .start()
  await answers()
  const { container } = await getContainerRuntimeClient()
  const raw = container.getById(started.getId())
  const running = async (): Promise<boolean> => (await raw.inspect()).State.Running
  return {
    port,
    async start() {
      await raw.start()
      await answers()
    },
    async stop(signal = 'SIGTERM') {
      if (!(await running())) return
      await raw.kill({ signal: 'SIGCONT' })
      await raw.kill({ signal })
      await waitFor(async () => !(await running()), { what: `${command[0]} to end`, limit_ms: stop_limit_ms })
    },
    async signal(signal) {
      await raw.kill({ signal })
    },
    async [Symbol.asyncDispose]() {
      await raw.remove({ force: true, v: true })
    },
  }
}
