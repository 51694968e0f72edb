import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Failure, textOf } from '#lib/errors.ts'
import { errorText, redactor } from '#lib/redacted.ts'

/** Prints what a person can do something about, and returns the exit code. A stack trace goes to a file. */
export function reportError(error: unknown, print: (text: string) => void): number {
  if (error instanceof Failure) {
    print(`error ${error.code}: ${error.message}`)
    print(`hint: ${error.hint}`)
    if (process.env['SLOT_CHAOS_DEBUG'] === '1') print(stackOf(error))
    return error.exit
  }
  print(redactor([])(`error UNEXPECTED: ${textOf(error).split('\n')[0]}`))
  if (process.env['SLOT_CHAOS_DEBUG'] === '1') print(stackOf(error))
  else print(`hint: ${logged(error)}`)
  return 3
}

function logged(error: unknown): string {
  const path = join(tmpdir(), `slot-chaos-error-${process.pid}.log`)
  try {
    writeFileSync(path, `${stackOf(error)}\n`, { mode: 0o600 })
    return `this is a fault of the harness; where it happened is in ${path}`
  } catch {
    return 'this is a fault of the harness; SLOT_CHAOS_DEBUG=1 shows where it happened'
  }
}

const stackOf = (error: unknown): string => redactor([])(errorText(error))
