import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'

export type Validated<T> = { value: T; problems: [] } | { value?: never; problems: string[] }

/** The value with defaults filled in, or every problem as one sentence: `/load/rate_per_s must be > 0`. */
export function validated<T>(schema: TSchema, raw: unknown): Validated<T> {
  const value: unknown = Value.Default(schema, structuredClone(raw))
  const problems = Value.Errors(schema, value).flatMap(({ keyword, instancePath, message, params }) => {
    // A forbidden field is reported twice: once as itself, once by the object that forbids it, which is the clearer one.
    if (keyword === 'boolean') return []
    const details = params as { additionalProperties?: string[]; allowedValues?: unknown[] }
    const path = instancePath === '' ? 'the whole' : instancePath
    if (keyword === 'additionalProperties')
      return [`${path} has unknown fields: ${(details.additionalProperties ?? []).join(', ')}`]
    if (keyword === 'enum') return [`${path} must be one of ${(details.allowedValues ?? []).join(', ')}`]
    return [`${path} ${message}`]
  })
  return problems.length > 0 ? { problems } : { value: value as T, problems: [] }
}
