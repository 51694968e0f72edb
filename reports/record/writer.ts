import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Clock } from '#lib/clock.ts'
import { Failure } from '#lib/errors.ts'
import { openLines, type LineWriter } from '#lib/json-lines.ts'
import type { Span } from '#sut/contracts/tracing.ts'
import { recordFiles, type JournalLine, type ObservationLine, type RunFile } from './format.ts'

type Bare<Line> = Line extends unknown ? Omit<Line, 'at_ms' | 'monotonic_ms'> : never

/** Appends to the record of one run; stamps journal lines with both clocks. */
export interface RecordWriter extends Disposable {
  readonly folder: string
  /** Fault lines are on disk when this returns. `ago_ms`: how long ago it was that what the line says was so. */
  journal(line: Bare<JournalLine>, ago_ms?: number): void
  observe(line: ObservationLine): void
  /** One item of the final state. */
  state(line: unknown): void
  /** One finished span. Those of the client are there before, from the load (scenarios/ingest). */
  span(line: Span): void
  /** Replaces run.json as a whole (atomic), with these fields changed. */
  update(changes: Partial<RunFile>): void
  /** Ends all files with their trailers, and adds the outcome and the end to run.json. Nothing can be written afterwards. */
  finish(outcome: NonNullable<RunFile['outcome']>): void
}

/**
 * Makes the folder of a run and opens its files. Throws Failure OUTPUT_NOT_WRITABLE or DISK_FULL, with nothing left behind.
 */
export function createRecord(folder: string, run: RunFile, clock: Clock): RecordWriter {
  const made = explained(folder, () => mkdirSync(folder, { recursive: true }))
  try {
    return explained(folder, () => open(folder, run, clock))
  } catch (error) {
    if (made !== undefined) rmSync(made, { recursive: true, force: true })
    throw error
  }
}

function open(folder: string, run: RunFile, clock: Clock): RecordWriter {
  using opened = new DisposableStack()
  const file = (name: string): LineWriter => opened.use(openLines(join(folder, name), { exclusive: true }))
  const journal = file(recordFiles.journal)
  const observations = file(recordFiles.observations)
  const ledger = file(recordFiles.ledger)
  let current = run
  const update = (changes: Partial<RunFile>): void => {
    current = { ...current, ...changes }
    replaceFile(join(folder, recordFiles.run), `${JSON.stringify(current, null, 2)}\n`)
  }
  update({})
  const files = opened.move()
  let traces: LineWriter | undefined
  return {
    folder,
    journal: (line, ago_ms = 0) =>
      explained(folder, () =>
        journal.append(
          { ...line, at_ms: clock.wall_ms() - ago_ms, monotonic_ms: clock.monotonic_ms() - ago_ms },
          { durable: line.kind === 'fault' || line.kind === 'cleanup' },
        ),
      ),
    observe: (line) => explained(folder, () => observations.append(line)),
    state: (line) => explained(folder, () => ledger.append(line)),
    span: (line) =>
      explained(folder, () => {
        traces ??= files.use(openLines(join(folder, recordFiles.traces)))
        traces.append(line)
      }),
    update: (changes) => explained(folder, () => update(changes)),
    finish: (outcome) =>
      explained(folder, () => {
        for (const lines of [journal, observations, ledger, ...(traces === undefined ? [] : [traces])]) lines.seal()
        update({ outcome, ended_at_ms: clock.wall_ms() })
      }),
    [Symbol.dispose]: () => files.dispose(),
  }
}

/** The old file or the new one is there after a crash, never half of one. */
export function replaceFile(path: string, text: string): void {
  const next = `${path}.next`
  writeFileSync(next, text, { flush: true })
  renameSync(next, path)
  const folder = openSync(dirname(path), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

/** Runs work on a file; errors of the file system that a person can mend become Failures that say where. */
export function explained<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw storageFailure(path, error) ?? error
  }
}

const notWritable = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ENAMETOOLONG', 'ENOENT', 'EINVAL', 'ELOOP']

export function storageFailure(path: string, error: unknown): Failure | undefined {
  const code = (error as NodeJS.ErrnoException | null)?.code ?? ''
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') {
    const hint = 'free some space, or name a folder on another disk with --out DIR'
    return new Failure('DISK_FULL', `no space left for ${path}`, { hint, cause: error })
  }
  if (!notWritable.includes(code)) return undefined
  return new Failure('OUTPUT_NOT_WRITABLE', `cannot write to ${path} (${code})`, { cause: error })
}
