import { closeSync, constants, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { lineSeal, type LineEnd } from './line-trailer.ts'
import { sealedLines, type NumberedLine } from './sealed-lines.ts'

/** A file of one JSON value a line, appended in the order of the calls. */
export interface LineWriter extends Disposable {
  /** `durable`: on disk (fdatasync) when this returns. Throws the errors of the file system, such as ENOSPC. */
  append(value: unknown, options?: { durable?: boolean }): void
  /** Writes the trailer (lib/line-trailer.ts), on disk when this returns, and closes the file: it is whole. */
  seal(): void
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
  const seal = lineSeal()
  seal.add(readFileSync(path))
  const write = (text: string, durable: boolean): void => {
    if (file === undefined) throw new Error(`${path} is closed`)
    writeWhole(file, text)
    seal.add(text)
    if (durable) fdatasyncSync(file)
  }
  return {
    append: (value, { durable = false } = {}) => write(`${JSON.stringify(value)}\n`, durable),
    seal() {
      write(seal.trailer(), true)
      close()
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
  /** Called at the end with what the last line says of the file. */
  ended?: (end: LineEnd) => void
}

/**
 * Reads a file line by line, in constant memory, without its trailer. Only the last line may be damaged (the writer died in the middle
 * of it); damage before it throws a SyntaxError that names file and line.
 */
export async function* readLines<T>(path: string, { torn, ended }: ReadLinesOptions = {}): AsyncGenerator<T> {
  let pending: NumberedLine | undefined
  for await (const line of sealedLines(path, ended)) {
    if (pending !== undefined) yield parse(path, pending) as T
    pending = line
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

function parse(path: string, line: NumberedLine): unknown {
  try {
    return JSON.parse(line.text)
  } catch (error) {
    throw new SyntaxError(`${path}:${line.number} is not JSON`, { cause: error })
  }
}
