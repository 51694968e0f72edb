import { Problem } from '#sut/contracts/problems.ts'
import type { HttpServer } from './platform.ts'

/**
 * Whoever comes on a connection that is still open while the server closes is refused with a problem that the API names. Needs
 * `return503OnClosing: false`: else Fastify answers by itself, with a body of its own.
 */
export function refuseWhenClosing(server: HttpServer): void {
  let closing = false
  server.addHook('preClose', async () => void (closing = true))
  server.addHook('onRequest', async () => {
    if (closing) throw new Problem('unavailable', 'this instance is stopping: try again')
  })
}
