import type { Http2SecureServer, Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import type { Static, TSchema } from 'typebox'
import type { Clock } from '#lib/clock.ts'
import type { CallName, calls } from '#sut/contracts/calls.ts'
import type { ServiceName } from '#sut/contracts/descriptor.ts'
import type { DumpLine } from '#sut/contracts/state.ts'
import type { Parts } from '#sut/designs/parts.ts'
import type { Bus } from './bus.ts'
import type { Layered, LayeredOptions } from './cache.ts'
import type { ServiceConfig } from './config.ts'
import type { Database } from './database.ts'
import type { Metrics } from './metrics.ts'
import type { Trace } from './trace.ts'

// What a service gets: everything between its own rules and the network. runService (service.ts) builds it.

type Contract<Name extends CallName> = (typeof calls)[Name]
export type BodyOf<Name extends CallName> =
  Contract<Name> extends { body: infer Body extends TSchema } ? Static<Body> : undefined
export type AnswerOf<Name extends CallName> = Static<Contract<Name>['answer']>

/** A call from another service, after authorisation and validation. */
export interface ServedRequest<Name extends CallName> {
  readonly body: BodyOf<Name>
  readonly params: Record<string, string>
  readonly query: Record<string, string>
  readonly caller: ServiceName
  /** End of the caller's patience on this process' monotonic clock (platform.clock.monotonic_ms()). */
  readonly deadline_ms: number
  /** Aborted at the deadline. */
  readonly signal: AbortSignal
  readonly trace: Trace
}
export type CallHandler<Name extends CallName> = (request: ServedRequest<Name>) => Promise<AnswerOf<Name>>

export interface CallOptions<Name extends CallName> {
  body?: BodyOf<Name>
  /** Values of `:name` in the path. */
  params?: Record<string, string>
  query?: Record<string, string>
  /** End of the caller's patience on the monotonic clock, as in ServedRequest: hand it on as it is. */
  deadline_ms: number
  signal?: AbortSignal
  trace?: Trace
}
/** Throws Problem: the callee's refusal as it is, or unavailable, or deadline_exceeded. */
export type Call = <Name extends CallName>(name: Name, options: CallOptions<Name>) => Promise<AnswerOf<Name>>

export type HttpServer = FastifyInstance<
  Http2SecureServer,
  Http2ServerRequest,
  Http2ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

export type Operate = (search: URLSearchParams) => Promise<unknown>

export interface Platform {
  readonly config: ServiceConfig
  readonly design: string
  /** The implementation of a named part: the standard, or what a planted bug puts into its place. Once a name and instance. */
  part<Name extends keyof Parts>(name: Name, standard: Parts[Name]): Parts[Name]
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Metrics
  /** For routes that are not calls: the gateway's public API. A thrown Problem becomes its status and {code, message}. */
  readonly http: HttpServer

  serve<Name extends CallName>(name: Name, handler: CallHandler<Name>): void
  readonly call: Call

  /** Work that still moves, for `GET /state`: outbox, rounds_open, events_behind … Zero everywhere = settled. */
  pending(name: string, read: () => Promise<number> | number): void
  /** A route of the operations port, for who has the token; the answer is JSON, a Problem its status. */
  operation(method: 'GET' | 'POST', path: string, handler: Operate): void
  /** Lines of `GET /dump`. */
  dump(name: string, lines: () => AsyncIterable<DumpLine>): void
  readiness(name: string, check: () => Promise<boolean> | boolean): void
  /** Closed in reverse order, after requests and background loops have ended. */
  onStop(name: string, close: () => Promise<void>): void
  /** A supervised loop: started again with back-off when it throws, until the process stops. */
  background(name: string, loop: (signal: AbortSignal) => Promise<void>): void

  /** The same one each time; needs `database` in the config. */
  database(): Database
  /** The same client each time; needs `redis` in the config. Commands reject within 300 ms when Redis is away. */
  redis(): Redis
  layered<T>(options: LayeredOptions<T>): Layered<T>
  /** The same one each time; needs `nats` in the config. */
  bus(): Bus
  /** Starts the relay from the outbox table to the stream EVENTS. */
  outbox(database: Database): void
}
