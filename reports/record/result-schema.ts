import { resultFile } from './result.ts'

/** The JSON Schema of result.json, as docs/reference/result.schema.json holds it (the test of the reference keeps it current). */
export function resultSchemaText(): string {
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'slot-chaos result.json',
    description: 'What was measured and judged of one run.',
    ...resultFile,
  }
  return `${JSON.stringify(schema, null, 2)}\n`
}
