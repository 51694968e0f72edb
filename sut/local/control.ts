import { Type, type Static, type TSchema } from 'typebox'
import type { ObservationLine } from '#reports/record/format.ts'
import { linkSelector } from './request.ts'

// The control API of a system: JSON over HTTP on a unix socket in its folder. `POST /<operation>` for each of these, and two
// streams of JSON lines: `GET /events` (from the start on, then as they come) and `GET /dump`.
const text = Type.String({ minLength: 1 })
const nothing = Type.Object({})
const link = Type.Object({
  id: text,
  from: text,
  from_region: text,
  to: text,
  to_region: text,
  to_instance: text,
})
const toxic = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 100 }),
  type: text,
  stream: Type.Enum(['upstream', 'downstream']),
  attributes: Type.Record(Type.String(), Type.Number()),
})
const place = { service: text, region: text }
const names = Type.Array(text, { maxItems: 100 })
const killed = Type.Array(Type.Object({ subject: text, pid: Type.Integer() }))

export const operations = {
  'session-open': {
    body: Type.Object({ lease_ms: Type.Integer({ minimum: 0 }) }),
    answer: Type.Object({ session: text }),
  },
  'session-heartbeat': { body: Type.Object({ session: text }), answer: nothing },
  /** Reverts the faults that the session has left. */
  'session-close': { body: Type.Object({ session: text }), answer: nothing },
  sample: { body: nothing, answer: Type.Unsafe<Extract<ObservationLine, { kind: 'sample' }>>(Type.Object({})) },
  pending: { body: nothing, answer: Type.Record(Type.String(), Type.Number()) },
  guard: { body: Type.Object({ pid: Type.Integer({ minimum: 2 }) }), answer: nothing },
  links: { body: linkSelector, answer: Type.Array(link) },
  kill: { body: Type.Object({ names }), answer: killed },
  'process-hold': { body: Type.Object({ session: text, names }), answer: killed },
  'process-release': { body: Type.Object({ names }), answer: nothing },
  'process-running': { body: Type.Object({ names }), answer: Type.Array(text) },
  gone: { body: Type.Object({ pid: Type.Integer() }), answer: Type.Boolean() },
  'toxic-add': { body: Type.Object({ session: text, link: text, toxic }), answer: nothing },
  'toxic-remove': { body: Type.Object({ link: text, name: text }), answer: nothing },
  'toxic-has': {
    body: Type.Object({ link: text, name: text }),
    answer: Type.Object({ there: Type.Union([Type.Boolean(), Type.Null()]) }),
  },
  'link-probe': {
    body: Type.Object({ link: text }),
    answer: Type.Object({
      connected: Type.Boolean(),
      round_trip_ms: Type.Union([Type.Number(), Type.Null()]),
      error: Type.Union([Type.String(), Type.Null()]),
    }),
  },
  'region-stop': { body: Type.Object({ session: text, region: text }), answer: killed },
  'region-running': { body: Type.Object({ region: text }), answer: Type.Array(text) },
  'region-start': { body: Type.Object({ region: text }), answer: nothing },
  /** Of one service or all, in one region or all. */
  'certificates-rotate': {
    body: Type.Partial(Type.Object(place)),
    answer: Type.Array(Type.Object({ ...place, serial: text })),
  },
  'certificate-shown': {
    body: Type.Object({ instance: text }),
    answer: Type.Object({ serial: Type.Union([text, Type.Null()]) }),
  },
  residue: { body: nothing, answer: Type.Array(text) },
  /** Answers before it begins: the end of the process is the end of it. */
  down: { body: nothing, answer: nothing },
} as const satisfies Record<string, { body: TSchema; answer: TSchema }>

export type OperationName = keyof typeof operations
export type BodyOf<Name extends OperationName> = Static<(typeof operations)[Name]['body']>
export type AnswerOf<Name extends OperationName> = Static<(typeof operations)[Name]['answer']>
export type Handlers = { [Name in OperationName]: (body: BodyOf<Name>) => Promise<AnswerOf<Name>> | AnswerOf<Name> }

/** What an operation answers that went wrong, with status 400 (asked wrongly) or 500. */
export interface ErrorAnswer {
  code: string
  message: string
}

export const socketFile = 'control.sock'
