import { writeFileSync } from 'node:fs'
import { resultFile } from './result.ts'

/** The JSON Schema of result.json, as docs/reference/result.schema.json holds it. */
export function resultSchemaText(): string {
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'slot-chaos result.json',
    description: 'What was measured and judged of one run.',
    ...resultFile,
  }
  return `${JSON.stringify(schema, null, 2)}\n`
}

// Run as a program it writes the file anew; a test holds the two together.
if (import.meta.main)
  writeFileSync(new URL('../../docs/reference/result.schema.json', import.meta.url), resultSchemaText())
