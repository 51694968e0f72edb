import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import { timingSafeEqual } from 'node:crypto'
import type { Registry } from 'prom-client'
import { textOf } from '#lib/errors.ts'
import { Problem, problems } from '#sut/contracts/problems.ts'
import type { DumpLine } from '#sut/contracts/state.ts'
import type { Load } from './load-meter.ts'
import type { Operate } from './platform.ts'

// The operations port: plain HTTP, never public. Probes and metrics for everyone on it, state and dump for who has the token.
//
//   /livez    200 while the process can answer        /metrics      Prometheus text
//   /readyz   200 or 503 {name: why not}              /load         Load
//                                                     /certificate  ShownCertificate
//   /state    {pending: {name: count}}   (token)      /dump     DumpLine a line   (token)
//   /planted  marks of a planted bug, of this instance alone, as in /dump   (token)
//   and what a service adds of its own   (token)

export interface OperationsSource {
  listen: { host: string; port: number; token: string }
  registry: Registry
  load(): Load
  shown(): Promise<string | null>
  /** What keeps it from being ready, by name; empty is ready. */
  notReady(): Promise<Record<string, string>>
  pending(): Promise<Record<string, number>>
  dump(): AsyncIterable<DumpLine>
  planted(): readonly DumpLine[]
  /** `METHOD /path` → what a service has of its own. */
  operations: ReadonlyMap<string, Operate>
}

export interface OperationsServer {
  readonly port: number
  close(): Promise<void>
}

type Answer = (response: ServerResponse) => Promise<void>

const json = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

export async function operationsServer(source: OperationsSource): Promise<OperationsServer> {
  const open: Record<string, Answer> = {
    '/livez': async (response) => json(response, 200, { live: true }),
    '/readyz': async (response) => {
      const reasons = await source.notReady()
      json(response, Object.keys(reasons).length === 0 ? 200 : 503, reasons)
    },
    '/metrics': async (response) => {
      const text = await source.registry.metrics()
      response.writeHead(200, { 'content-type': source.registry.contentType }).end(text)
    },
    '/load': async (response) => json(response, 200, source.load()),
    '/certificate': async (response) => json(response, 200, { serial: await source.shown() }),
  }
  const guarded: Record<string, Answer> = {
    '/state': async (response) => json(response, 200, { pending: await source.pending() }),
    '/dump': async (response) => {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' })
      for await (const line of source.dump())
        if (!response.write(`${JSON.stringify(line)}\n`)) await once(response, 'drain')
      response.end()
    },
    '/planted': async (response) => {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' })
      response.end(
        source
          .planted()
          .map((line) => `${JSON.stringify(line)}\n`)
          .join(''),
      )
    },
  }

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname: path, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    const own = source.operations.get(`${request.method} ${path}`)
    const guardedRoute = own === undefined ? guarded[path] : ownRoute(own, searchParams)
    if (guardedRoute !== undefined && !hasToken(request, source.listen.token))
      return json(response, 401, { code: 'unauthenticated', message: 'this needs the operations token' })
    const route = guardedRoute ?? open[path]
    if (route === undefined) return json(response, 404, { code: 'not_found', message: path })
    await route(response)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      // A dump that has begun cannot be answered otherwise: a broken connection says that it is not whole.
      if (response.headersSent) response.destroy()
      else json(response, 503, { code: 'unavailable', message: textOf(error) })
    })
  })
  server.listen(source.listen.port, source.listen.host)
  await once(server, 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : source.listen.port,
    close: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => void server.close(() => resolve()))
    },
  }
}

const ownRoute =
  (operate: Operate, search: URLSearchParams): Answer =>
  async (response) => {
    try {
      json(response, 200, await operate(search))
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      json(response, problems[error.code].status, { code: error.code, message: error.message })
    }
  }

/** Kubernetes' API server, through which a pod may be asked, keeps `authorization` for itself: hence a header of our own. */
function hasToken({ headers }: IncomingMessage, token: string): boolean {
  const own = headers['x-operations-token']
  const given = Buffer.from(typeof own === 'string' ? `Bearer ${own}` : (headers.authorization ?? ''))
  const wanted = Buffer.from(`Bearer ${token}`)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}
