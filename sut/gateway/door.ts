import type { Http2SecureServer, Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { isUtf8 } from 'node:buffer'
import type { FastifyReply, FastifyRequest, RouteGenericInterface } from 'fastify'
import { Type } from 'typebox'
import type { Clock } from '#lib/clock.ts'
import {
  admittedRoles,
  idempotencyKey,
  publicRoutes,
  regionHeader,
  signatureHeaders,
  type OperationKind,
} from '#sut/contracts/api.ts'
import { Problem, type ProblemCode } from '#sut/contracts/problems.ts'
import type { Role } from '#sut/contracts/roles.ts'
import type { HttpServer } from '#sut/platform/platform.ts'
import { addressOf } from './address.ts'
import { bearerOf, type Holder } from './holders.ts'
import { openApiDocument } from './openapi.ts'
import type { Nonces } from './nonces.ts'
import type { Operation } from './operations.ts'
import type { Rates } from './rates.ts'
import { refusalOf } from './refusals.ts'
import type { verifySignature } from './signature.ts'
import type { assertKept } from './text.ts'
import { clientGone, isWhole, type Visit, type VisitLimits, type VisitOptions, visits } from './visits.ts'

// The only door. A request passes, in this order, each with a refusal of its own:
//
//   headers → no abuse, not too often → its body in time, size and JSON → a place left? → token, not revoked → time and signature
//     → nonce not seen → role → shape → no faster than reels turn → its service
export interface DoorOptions {
  operations: Record<OperationKind, Operation>
  /** Signatures are made for one. */
  region: string
  holders: { of(token: string): Promise<Holder> }
  verifySignature: typeof verifySignature
  assertKept: typeof assertKept
  /** Whether a route for some roles is for this one. */
  admits: (role: Role, admitted: readonly Role[]) => boolean
  revocations: { has(jti: string): Promise<boolean> }
  nonces: Nonces
  rates: Pick<Rates, 'take' | 'assertBelow' | 'count'>
  clock: Clock
  limits: VisitLimits & {
    body_bytes_max: number
    /** For the work, from the moment on at which the whole request is here. */
    deadline_ms: number
    headers_max: number
    header_bytes_max: number
  }
  takesPlace: VisitOptions['takesPlace']
  onRefusal: (code: ProblemCode) => void
  onInternalError: (error: unknown) => void
}

declare module 'fastify' {
  interface FastifyRequest {
    /** As it was sent: the signature covers it. */
    raw_body: string
    player_id: string
    /** Identifier of the token. */
    jti: string
    /** On the monotonic clock. */
    deadline_ms: number
    /** None before its headers were looked at. */
    visit: Visit | null
  }
}

type Request = FastifyRequest<RouteGenericInterface, Http2SecureServer, Http2ServerRequest>
type Reply = FastifyReply<RouteGenericInterface, Http2SecureServer, Http2ServerRequest, Http2ServerResponse>

const securityHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
}
/** When a client should try a busy gateway again. */
const retryAfter_s = 1
/** What no client of ours is answered, except by mistake: who collects many of them is not heard for a while. */
const abusive: ReadonlySet<ProblemCode> = new Set([
  'malformed',
  'body_too_large',
  'unsupported_media_type',
  'headers_refused',
  'unauthenticated',
  'signature_invalid',
  'request_replayed',
])
const keyed = Type.Object({ 'idempotency-key': idempotencyKey })

/** A Fastify plugin with the public routes. */
export function publicDoor(options: DoorOptions): (scope: HttpServer) => Promise<void> {
  const { clock, limits, onRefusal, onInternalError } = options
  const document = JSON.stringify(openApiDocument(options.operations))
  const visitOf = visits(options)

  const enter = async (request: Request, reply: Reply): Promise<void> => {
    reply.headers({ ...securityHeaders, [regionHeader]: options.region })
    request.visit = visitOf(request.raw, reply.raw)
    assertHeaders(request.raw.rawHeaders, limits)
    const address = addressOf(request.ip)
    options.rates.assertBelow('abuse', address)
    // Whoever asks too often by himself takes nothing of what is for all.
    options.rates.take('address', address)
    options.rates.take('all', '')
    request.visit.announced(address, (problem) => void reply.send(problem))
  }

  const arrive = async (request: Request): Promise<void> => {
    request.visit!.arrived()
    request.deadline_ms = clock.monotonic_ms() + limits.deadline_ms
  }

  const admit = async (request: Request, admitted: readonly Role[]): Promise<void> => {
    const holder = await options.holders.of(bearerOf(request.headers.authorization))
    if (await options.revocations.has(holder.jti))
      throw new Problem('token_revoked', 'the token is valid no more: log in again')
    const { method, url: path, raw_body: body, headers } = request
    const signed = { method, path, body, headers, region: options.region }
    const nonce = options.verifySignature(signed, holder.secret, clock.wall_ms())
    // Before the nonce, so that nobody fills the memory of nonces with what is refused anyway.
    options.rates.assertBelow('player', holder.player_id)
    const signed_ms = Number(headers[signatureHeaders.timestamp])
    if (!(await options.nonces.claim(holder.jti, nonce, signed_ms)))
      throw new Problem('request_replayed', 'this nonce has been used: sign each request anew')
    // Not before: nobody can use up what another one may ask.
    options.rates.take('player', holder.player_id)
    if (!options.admits(holder.role, admitted))
      throw new Problem('forbidden', `this is not for the role ${holder.role}`)
    request.player_id = holder.player_id
    request.jti = holder.jti
  }

  const admitting = (roles: readonly Role[]) => (request: Request) => request.visit!.during(() => admit(request, roles))

  const refuse = async (error: unknown, request: Request, reply: Reply) => {
    const { code, status, message } = refusalOf(error)
    if (error === clientGone) return { code, message }
    onRefusal(code)
    if (abusive.has(code)) options.rates.count('abuse', addressOf(request.ip))
    if (code === 'internal') onInternalError(error)
    if (status === 503 || status === 429) reply.header('retry-after', String(retryAfter_s))
    if (!isWhole(request.raw)) reply.header('connection', 'close')
    reply.status(status)
    return { code, message }
  }

  return async (scope) => {
    scope.decorateRequest('raw_body', '')
    scope.decorateRequest('player_id', '')
    scope.decorateRequest('jti', '')
    scope.decorateRequest('deadline_ms', 0)
    scope.decorateRequest('visit', null)
    parseJsonAndKeepText(scope, limits.body_bytes_max, options.assertKept)
    scope.setErrorHandler(refuse)
    scope.addHook('onRequest', enter)
    scope.addHook('preValidation', arrive)
    scope.addHook('preValidation', async ({ params, query }) => {
      options.assertKept('the path', params)
      options.assertKept('the query', query)
    })
    scope.addHook('onSend', async ({ visit }) => visit?.answered())
    scope.get('/v1/openapi.json', async (_request, reply) => reply.type('application/json').send(document))

    for (const [kind, operation] of Object.entries(options.operations) as [OperationKind, Operation][]) {
      const { method, path, status, signed } = publicRoutes[kind]
      scope.route({
        method,
        url: path.replaceAll(/\{(\w+)\}/g, ':$1'),
        ...(signed ? { preValidation: admitting(admittedRoles[kind] ?? ['player']) } : {}),
        schema: {
          ...(operation.body === undefined ? {} : { body: operation.body }),
          ...(operation.params === undefined ? {} : { params: operation.params }),
          ...(operation.query === undefined ? {} : { querystring: operation.query }),
          ...(operation.moves_money ? { headers: keyed } : {}),
          response: { [status]: operation.answer },
        },
        handler: async (request, reply) => {
          if (operation.rate !== undefined) options.rates.take(operation.rate, request.player_id)
          const answer = await request.visit!.during(() => operation.handle(askedBy(request)))
          reply.status(status)
          return answer
        },
      })
    }
  }
}

const askedBy = (request: Request): Parameters<Operation['handle']>[0] => ({
  body: request.body as never,
  params: request.params as Record<string, string>,
  query: request.query as Record<string, string>,
  player_id: request.player_id,
  jti: request.jti,
  address: request.ip,
  idempotency_key: String(request.headers['idempotency-key'] ?? ''),
  deadline_ms: request.deadline_ms,
})

/** Names and values in turn, as Node gives them. Throws Problem headers_refused. */
function assertHeaders(raw: readonly string[], { headers_max, header_bytes_max }: DoorOptions['limits']): void {
  const bytes = raw.reduce((sum, text) => sum + text.length, 0)
  if (raw.length / 2 > headers_max || bytes > header_bytes_max)
    throw new Problem(
      'headers_refused',
      `more than ${headers_max} headers, or more than ${header_bytes_max} bytes of them`,
    )
}

/** Only JSON, and the text stays at hand for the signature. */
function parseJsonAndKeepText(scope: HttpServer, bodyLimit: number, assertFits: typeof assertKept): void {
  const parse = scope.getDefaultJsonParser('error', 'error')
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('application/json', { parseAs: 'buffer', bodyLimit }, (request, bytes, done) => {
    if (!isUtf8(bytes as Buffer)) return done(new Problem('malformed', 'the body is no UTF-8'))
    const text = bytes.toString('utf8')
    request.raw_body = text
    void parse(request as never, text, (error: Error | null, value?: unknown) => {
      if (error !== null) return done(error)
      try {
        assertFits('the body', value)
      } catch (problem) {
        return done(problem as Problem)
      }
      done(null, value)
    })
  })
}
