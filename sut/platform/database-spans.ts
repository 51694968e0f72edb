import type { SpanDescription } from './tracer.ts'

// How work in PostgreSQL is named. A text holds no values, since those are sent beside it; so it may be shown.

const text_max = 400
const first_target = /\b(?:from|into|update|table)\s+(?:only\s+)?([a-z_][\w.]*)/i

/** `known`: the name of a prepared statement says more than its text. */
export function statementSpan(database: string, text: string, known?: string): SpanDescription {
  const operation = (/^\s*(\w+)/.exec(text)?.[1] ?? 'statement').toUpperCase()
  const target = first_target.exec(text)?.[1]
  const name = known ?? (target === undefined ? operation : `${operation} ${target}`)
  return {
    name,
    kind: 'client',
    attributes: {
      'db.system.name': 'postgresql',
      'db.namespace': database,
      'db.operation.name': operation,
      'db.query.summary': name,
      'db.query.text': text.replaceAll(/\s+/g, ' ').trim().slice(0, text_max),
    },
  }
}

/** From the wait for a connection to the end of COMMIT; its statements are spans inside. */
export const transactionSpan = (database: string): SpanDescription => ({
  name: 'transaction',
  kind: 'client',
  attributes: { 'db.system.name': 'postgresql', 'db.namespace': database },
})
