// Every error that a person can meet has a code, a text and a hint; the reference is generated from this registry.
// `exit` is the exit code of the command: 1 the system failed, 2 wrong usage or configuration, 3 inconclusive, 4 not undone.
export const failures = {
  USAGE: { exit: 2, hint: 'npm run chaos -- --help shows all commands and options' },
  UNKNOWN_EXPERIMENT: { exit: 2, hint: 'npm run chaos -- list shows all experiments' },
  UNKNOWN_DESIGN: { exit: 2, hint: 'npm run chaos -- list shows all designs' },
  EXPERIMENT_INVALID: { exit: 2, hint: 'docs/reference/experiment.md describes every field' },
  NOT_SUPPORTED_BY_TARGET: { exit: 2, hint: 'npm run chaos -- list shows what each target can do' },
} as const satisfies Record<string, { exit: 1 | 2 | 3 | 4; hint: string }>

export type FailureCode = keyof typeof failures

/** An operating error: answered with a code and a hint, never with a stack trace. */
export class Failure extends Error {
  readonly code: FailureCode
  readonly hint: string
  readonly exit: 1 | 2 | 3 | 4

  constructor(code: FailureCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'Failure'
    this.code = code
    this.hint = options.hint ?? failures[code].hint
    this.exit = failures[code].exit
  }
}

/** The text of anything that was thrown. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
