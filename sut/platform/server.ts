import type { Http2ServerRequest, ServerHttp2Session } from 'node:http2'
import type { SecureContextOptions, TLSSocket } from 'node:tls'
import { TypeBoxValidatorCompiler, type TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import fastify, { type FastifyError } from 'fastify'
import type { Logger } from 'pino'
import type { Clock } from '#lib/clock.ts'
import { calls, type CallName } from '#sut/contracts/calls.ts'
import { services, type ServiceName } from '#sut/contracts/descriptor.ts'
import { Problem, problems } from '#sut/contracts/problems.ts'
import type { Certificates, CertificateWatch } from './certificates.ts'
import { clientErrors } from './client-errors.ts'
import { boundConnections, type ConnectionLimits, connectionLimits, serverOptions } from './connections.ts'
import type { LoadMeter } from './load-meter.ts'
import type { Metrics } from './metrics.ts'
import type { CallHandler, HttpServer, ServedRequest } from './platform.ts'
import { probePath } from './prober.ts'
import { refuseWhenClosing } from './refuse-when-closing.ts'
import { currentTrace, isSampled, newTrace, withTrace } from './trace.ts'
import type { TraceEntry } from './trace-entry.ts'
import type { Tracer } from './tracer.ts'

export const deadlineHeader = 'x-deadline-ms'
const default_deadline_ms = 2000
/** Of every call, over the network or not. */
export const limits = {
  deadline_most_ms: 30_000,
  body_bytes_max: 64 * 1024,
  /** More than this process could answer in time: refused at once, so that what is under way gets done. */
  in_flight_max: 500,
}

export interface ServerOptions {
  certificates: CertificateWatch
  /** The gateway's door: TLS without client certificates, HTTP/1.1 too. */
  public: boolean
  clock: Clock
  log: Logger
  metrics: Metrics
  meter: LoadMeter
  tracer: Tracer
  /** What is believed of the traces that callers name. */
  entry: TraceEntry
  connections?: ConnectionLimits
}

/** HTTP/2 with mutual TLS; each request is measured, traced, and ends in an answer or in {code, message}. */
export function httpServer(options: ServerOptions): HttpServer {
  const { certificates, public: isPublic, clock, log, metrics, meter, connections = connectionLimits } = options
  const refusals = clientErrors()
  const server: HttpServer = fastify({
    http2: true,
    clientErrorHandler: (error, socket) => refusals.clientErrorHandler(error, socket as TLSSocket),
    https: {
      ...contextOf(certificates.current(), isPublic),
      ...(isPublic ? serverOptions(connections) : {}),
      // Else the first answer of a connection waits some 40 ms for the client to acknowledge the session tickets.
      noDelay: true,
      ...(isPublic ? { allowHTTP1: true } : { requestCert: true, rejectUnauthorized: true }),
    },
    bodyLimit: limits.body_bytes_max,
    // Requests under way are finished by the stop sequence; sessions without one must not hold it up.
    forceCloseConnections: true,
    // Fastify's own answer while it closes is no problem that the API names.
    return503OnClosing: false,
    routerOptions: { maxParamLength: 200 },
  }).withTypeProvider<TypeBoxTypeProvider>()
  refusals.follow(server.server)
  server.setValidatorCompiler(TypeBoxValidatorCompiler)

  refuseWhenClosing(server)
  server.get(probePath, async () => ({}))
  // For connections to come: those that are open go on with what they agreed on.
  const stopRotation = certificates.onChange((fresh) => server.server.setSecureContext(contextOf(fresh, isPublic)))
  server.addHook('onClose', async () => stopRotation())
  if (isPublic) bounded(server, connections, clock)
  follow(server, options.tracer, options.entry)
  measure(server, metrics, meter)
  server.setErrorHandler((error: FastifyError | Problem, _request, reply) =>
    answerProblem(reply, problemOf(error, log)),
  )
  server.setNotFoundHandler((_request, reply) => answerProblem(reply, new Problem('not_found', 'no such route')))
  return server
}

function bounded(server: HttpServer, most: ConnectionLimits, clock: Clock): void {
  const connections = boundConnections(server.server, most, clock)
  server.addHook('onRequest', (request, reply, done) => {
    connections.used(request.raw, reply.raw)
    done()
  })
  server.addHook('onClose', async () => connections.close())
}

/** The door for players takes TLS 1.2 too; between services there is no reason to. */
const contextOf = ({ ca, cert, key }: Certificates, isPublic: boolean): SecureContextOptions =>
  isPublic ? { cert, key } : { ca, cert, key, minVersion: 'TLSv1.3' }

export const requestSeconds = (metrics: Metrics): ReturnType<Metrics['histogram']> =>
  metrics.histogram('http_request_duration_seconds', 'Requests by route and answer', ['route', 'code'])

function measure(server: HttpServer, metrics: Metrics, meter: LoadMeter): void {
  const seconds = requestSeconds(metrics)
  let in_flight = 0
  // Its time runs from the moment on at which all of it is here: what a client takes to send it is not what it takes to serve it.
  const gone = new WeakSet<object>()
  server.addHook('onRequest', (_request, { raw }, done) => {
    raw.once('close', () => gone.add(raw))
    done()
  })
  server.addHook('preValidation', (_request, reply, done) => {
    if (gone.has(reply.raw)) return done()
    const ended = meter.begin()
    in_flight++
    // `close` comes after every request, also one whose client went away: then there is no onResponse.
    reply.raw.once('close', () => {
      in_flight--
      ended()
    })
    if (in_flight > limits.in_flight_max) done(new Problem('unavailable', 'too many requests are under way'))
    else done()
  })
  server.addHook('onResponse', (request, reply, done) => {
    seconds.observe({ route: request.routeOptions.url ?? 'unknown', code: reply.statusCode }, reply.elapsedTime / 1000)
    done()
  })
}

/** Each request runs in its trace; one that is sampled is a span. */
function follow(server: HttpServer, tracer: Tracer, entry: TraceEntry): void {
  server.addHook('onRequest', (request, reply, done) => {
    const { traceparent, tracestate } = request.headers
    const trace = request.url === probePath ? newTrace(false) : entry(traceparent, tracestate)
    if (isSampled(trace)) {
      const { method } = request
      const route = request.routeOptions.url ?? 'unknown'
      const attributes = { 'http.request.method': method, 'http.route': route }
      const span = tracer.open(trace, { name: `${method} ${route}`, kind: 'server', attributes })
      reply.raw.once('close', () => {
        span.set({ 'http.response.status_code': reply.statusCode })
        span.end(reply.statusCode >= 500 ? String(reply.statusCode) : undefined)
      })
    }
    withTrace(trace, done)
  })
}

interface Reply {
  code(status: number): { send(body: unknown): unknown }
}
function answerProblem(reply: Reply, { code, message }: Problem): unknown {
  return reply.code(problems[code].status).send({ code, message })
}

/** What a caller may see of an error: its problem, or `internal` without a detail; the detail is logged once. */
export function problemOf(error: FastifyError | Problem, log: Logger): Problem {
  if (error instanceof Problem) return error
  if (error.validation !== undefined) {
    const violations = error.validation.map(({ instancePath, message }) => `${instancePath || '/'} ${message ?? ''}`)
    return new Problem('malformed', violations.join('; '))
  }
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500)
    return new Problem('malformed', error.message)
  log.error({ err: error }, 'a request failed')
  return new Problem('internal', 'internal error')
}

const identities = new WeakMap<ServerHttp2Session, ServiceName | null>()

/** The service that the client's certificate names (spiffe://slot-chaos/<region>/<service>), once a connection. */
function callerOf(raw: Http2ServerRequest): ServiceName | null {
  const session = raw.stream?.session as ServerHttp2Session | undefined
  if (session === undefined) return null
  const known = identities.get(session)
  if (known !== undefined) return known
  const names = (session.socket as TLSSocket).getPeerCertificate().subjectaltname ?? ''
  const named = /URI:spiffe:\/\/slot-chaos\/[a-z]+\/([a-z]+)/.exec(names)?.[1]
  const caller = services.find((service) => service === named) ?? null
  identities.set(session, caller)
  return caller
}

/** Puts one call of the contract on the server: admits its callers only, validates, and ends at the deadline. */
export function serveCall<Name extends CallName>(
  server: HttpServer,
  clock: Clock,
  name: Name,
  handler: CallHandler<Name>,
): void {
  const contract = calls[name]
  const callers: readonly ServiceName[] = contract.callers
  const body = 'body' in contract ? { body: contract.body } : {}
  server.route({
    method: contract.method,
    url: contract.path,
    schema: { ...body, response: { 200: contract.answer } },
    handler: async (request) => {
      const caller = callerOf(request.raw)
      if (caller === null || !callers.includes(caller))
        throw new Problem('forbidden', `${name} does not admit ${caller ?? 'a caller without identity'}`)
      const patience_ms = patienceOf(request.headers[deadlineHeader])
      return untilDeadline(patience_ms, (signal) =>
        handler({
          body: request.body,
          params: request.params,
          query: request.query,
          caller,
          deadline_ms: clock.monotonic_ms() + patience_ms,
          signal,
          trace: currentTrace() ?? newTrace(false),
        } as ServedRequest<Name>),
      )
    },
  })
}

function patienceOf(header: string | string[] | undefined): number {
  const given = Number(header)
  return Number.isFinite(given) && given > 0 ? Math.min(given, limits.deadline_most_ms) : default_deadline_ms
}

/** What `work` gives, or Problem('deadline_exceeded') once its time is over; the signal then tells it to stop. */
export async function untilDeadline<T>(patience_ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController()
  const late = Promise.withResolvers<never>()
  // timer: the caller's deadline
  const timer = setTimeout(() => {
    const problem = new Problem('deadline_exceeded', `no answer within ${Math.round(patience_ms)} ms`)
    late.reject(problem)
    abort.abort(problem)
  }, patience_ms)
  try {
    return await Promise.race([work(abort.signal), late.promise])
  } finally {
    clearTimeout(timer)
  }
}
