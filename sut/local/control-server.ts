import { Readable } from 'node:stream'
import fastify, { type FastifyInstance } from 'fastify'
import { Failure, textOf } from '#lib/errors.ts'
import { type ErrorAnswer, type Handlers, type OperationName, operations } from './control.ts'

export interface ControlStreams {
  events(signal: AbortSignal): AsyncIterable<unknown>
  dump(): AsyncIterable<string | Buffer>
}

const lines = 'application/x-ndjson'
const body_max = 1024 * 1024

/** Serves the control API on a unix socket, readable by this user alone. */
export async function serveControl(
  path: string,
  handlers: Handlers,
  streams: ControlStreams,
): Promise<FastifyInstance> {
  const server = fastify({ bodyLimit: body_max, forceCloseConnections: true })
  server.setErrorHandler(async (error, _request, reply) => {
    const malformed = ((error as { statusCode?: number }).statusCode ?? 500) < 500
    const failure =
      error instanceof Failure
        ? error
        : new Failure(malformed ? 'USAGE' : 'SYSTEM_ERROR', textOf(error), { cause: error })
    const answer: ErrorAnswer = { code: failure.code, message: failure.message }
    return reply.status(failure.exit === 2 ? 400 : 500).send(answer)
  })
  for (const name of Object.keys(operations) as OperationName[])
    server.post(`/${name}`, { schema: { body: operations[name].body } }, async (request, reply) => {
      const handle = handlers[name] as (body: unknown) => unknown
      return reply.type('application/json').send(JSON.stringify(await handle(request.body)))
    })
  server.get('/events', async (request, reply) => {
    const closed = new AbortController()
    request.raw.once('close', () => closed.abort())
    reply.raw.once('close', () => closed.abort())
    return reply.type(lines).send(Readable.from(asLines(streams.events(closed.signal))))
  })
  server.get('/dump', async (_request, reply) => reply.type(lines).send(Readable.from(streams.dump())))
  const before = process.umask(0o177)
  try {
    await server.listen({ path })
  } finally {
    process.umask(before)
  }
  return server
}

async function* asLines(values: AsyncIterable<unknown>): AsyncGenerator<string> {
  yield '\n' // the answer's head goes out with the first bytes
  for await (const value of values) yield `${JSON.stringify(value)}\n`
}
