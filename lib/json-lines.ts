import { closeSync, constants, createReadStream, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { createInterface } from 'node:readline'

/** A file of one JSON value a line, appended in the order of the calls. */
export interface LineWriter extends Disposable {
  /** `durable`: on disk (fdatasync) when this returns. Throws the errors of the file system, such as ENOSPC. */
  append(value: unknown, options?: { durable?: boolean }): void
  close(): void
}

/**
 * Writes are synchronous on purpose: the order of calls is the order of lines, and what a line announces cannot start before
 * the line is written. `exclusive`: throws EEXIST when the file is there.
 */
export function openLines(path: string, options: { exclusive?: boolean } = {}): LineWriter {
  const { O_APPEND, O_CREAT, O_EXCL, O_WRONLY } = constants
  let file: number | undefined = openSync(path, O_APPEND | O_CREAT | O_WRONLY | (options.exclusive ? O_EXCL : 0), 0o644)
  const close = (): void => {
    if (file === undefined) return
    closeSync(file)
    file = undefined
  }
  return {
    append(value, { durable = false } = {}) {
      if (file === undefined) throw new Error(`${path} is closed`)
      writeWhole(file, `${JSON.stringify(value)}\n`)
      if (durable) fdatasyncSync(file)
    },
    close,
    [Symbol.dispose]: close,
  }
}

function writeWhole(file: number, text: string): void {
  const bytes = Buffer.from(text)
  for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written)
}

export interface ReadLinesOptions {
  /** Called with the text of a last line that a crash cut short; it is not yielded. */
  torn?: (text: string) => void
}

/**
 * Reads a file line by line, in constant memory. Only the last line may be damaged (the writer died in the middle of it);
 * damage before it throws a SyntaxError that names file and line.
 */
export async function* readLines<T>(path: string, { torn }: ReadLinesOptions = {}): AsyncGenerator<T> {
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Infinity })
  let number = 0
  let pending: { text: string; number: number } | undefined
  for await (const text of lines) {
    number++
    if (pending !== undefined) yield parse(path, pending) as T
    pending = text === '' ? undefined : { text, number }
  }
  if (pending === undefined) return
  let last: T
  try {
    last = JSON.parse(pending.text) as T
  } catch {
    torn?.(pending.text)
    return
  }
  yield last
}

function parse(path: string, line: { text: string; number: number }): unknown {
  try {
    return JSON.parse(line.text)
  } catch (error) {
    throw new SyntaxError(`${path}:${line.number} is not JSON`, { cause: error })
  }
}
