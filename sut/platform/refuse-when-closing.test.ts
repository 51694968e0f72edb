import fastify from 'fastify'
import { expect, test } from 'vitest'
import type { HttpServer } from './platform.ts'
import { refuseWhenClosing } from './refuse-when-closing.ts'

// Was red: 503 with a body of Fastify's own, which no client of the API knows.
test('who comes while the server closes is refused with a problem', async () => {
  const server = fastify({ return503OnClosing: false })
  refuseWhenClosing(server as unknown as HttpServer)
  server.setErrorHandler((error: { code?: string }, _request, reply) => reply.status(503).send({ code: error.code }))
  server.get('/', async () => ({}))
  let isClosing = (): void => {}
  const closing = new Promise<void>((resolve) => (isClosing = resolve))
  let goOn = (): void => {}
  const asked = new Promise<void>((resolve) => (goOn = resolve))
  server.addHook('preClose', async () => {
    isClosing()
    await asked
  })
  const url = await server.listen({ port: 0, host: '127.0.0.1' })
  expect((await fetch(url)).status).toBe(200)
  const closed = server.close()
  await closing
  const answer = await fetch(url)
  expect([answer.status, await answer.json()]).toEqual([503, { code: 'unavailable' }])
  goOn()
  await closed
})
