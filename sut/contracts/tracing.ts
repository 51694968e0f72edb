import { Type, type Static } from 'typebox'
import { Failure } from '#lib/errors.ts'

// Distributed traces: what a span is, on the bus, in the dump and in traces.jsonl; and what a user can set.

/** Memory stream of finished spans, on its way into the record of a run: subjects `traces.<service>`, the oldest go first. */
export const traceStream = 'TRACES'
export const traceSubjectOf = (service: string): string => `traces.${service}`

/**
 * Who may have a trace recorded shows it in `tracestate`, by a member of this name: hex(HMAC-SHA256(key, trace id)). The
 * key is the secret `trace_key` of the gateway, and of the load generator.
 */
export const traceProofKey = 'slot'

export const spanKinds = ['internal', 'server', 'client', 'producer', 'consumer'] as const
const hex = (digits: number) => Type.String({ pattern: `^[0-9a-f]{${digits}}$` })

/** One piece of work. Names and attributes are those of OpenTelemetry's semantic conventions. */
export const span = Type.Object({
  trace_id: hex(32),
  span_id: hex(16),
  parent_id: Type.Union([hex(16), Type.Null()]),
  /** client: the player; else a service. */
  service: Type.String(),
  instance: Type.String(),
  region: Type.String(),
  name: Type.String(),
  span_kind: Type.Enum(spanKinds),
  start_ms: Type.Number(), // wall clock
  end_ms: Type.Number(),
  attributes: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()])),
  /** Code of what went wrong. */
  error: Type.Union([Type.String(), Type.Null()]),
})
/** Of the client's span: the operation in history.jsonl and requests.csv. */
export const operationAttribute = 'slot.operation.id'
export type SpanKind = (typeof spanKinds)[number]
export type Span = Static<typeof span>
export type SpanAttributes = Span['attributes']

export const traceSettings = Type.Object({
  /** Share of the requests that are traced when nobody before has decided it. */
  share: Type.Number({ minimum: 0, maximum: 1 }),
  /** A collector of the user, for OTLP over HTTP: the address that ends in /v1/traces. */
  otlp_endpoint: Type.Optional(Type.String({ pattern: '^https?://' })),
})
export type TraceSettings = Static<typeof traceSettings>

/** One operation in a hundred: some dozens a minute, at about a thousandth of the CPU. */
export const defaultTraceShare = 0.01
const shareVariable = 'SLOT_CHAOS_TRACE_SHARE'
const endpointVariable = 'SLOT_CHAOS_OTLP_ENDPOINT'

/** SLOT_CHAOS_TRACE_SHARE and SLOT_CHAOS_OTLP_ENDPOINT. Throws CONFIG_INVALID. */
export function traceSettingsOf(environment: Readonly<Record<string, string | undefined>>): TraceSettings {
  const share_text = environment[shareVariable] ?? ''
  const otlp_endpoint = environment[endpointVariable] ?? ''
  const share = share_text === '' ? defaultTraceShare : Number(share_text)
  if (!(share >= 0 && share <= 1))
    throw new Failure('CONFIG_INVALID', `${shareVariable} is ${share_text}: a share is a number from 0 to 1`)
  if (otlp_endpoint === '') return { share }
  if (!/^https?:\/\//.test(otlp_endpoint) || !URL.canParse(otlp_endpoint))
    throw new Failure('CONFIG_INVALID', `${endpointVariable} is ${otlp_endpoint}: it needs http://HOST:PORT/v1/traces`)
  return { share, otlp_endpoint }
}
