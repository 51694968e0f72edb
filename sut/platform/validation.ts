import type { TSchema } from 'typebox'
import { Errors } from 'typebox/value'

/** Every violation, as `path message`; empty when the value fits the schema. */
export function violationsOf(schema: TSchema, value: unknown): string[] {
  return Errors(schema, value).map((error) => `${error.instancePath || '/'} ${error.message}`)
}
