import { Failure } from '#lib/errors.ts'
import type { LineEnd } from '#lib/line-trailer.ts'
import { sealedLines, type NumberedLine } from '#lib/sealed-lines.ts'
import { requestColumns, type RequestRow } from './format.ts'

const textColumns = new Set(['operation_id', 'kind', 'region', 'error', 'outcome'])
/** Columns that older records lack, with what was true of all of their rows. */
const added: Readonly<Record<string, number>> = { counted: 1 }
/** Longest that a request, or a phase of one, may last: what is longer is damage. */
const duration_ms_max = 24 * 3_600_000
const bounds: Readonly<Record<string, readonly [least: number, most: number]>> = {
  attempt: [0, 1000],
  status: [0, 999],
  dropped: [0, 1],
  counted: [0, 1],
  ...Object.fromEntries(
    requestColumns
      .filter((column) => /^(blocked|connecting|tls|sending|waiting|receiving|duration)_ms$/.test(column))
      .map((column) => [column, [0, duration_ms_max] as const]),
  ),
}

/** Within which times lie, milliseconds since the epoch. */
export interface TimeSpan {
  from_ms: number
  to_ms: number
}

export interface ReadRequestsOptions {
  /** Called when the last line has too few columns: it is left out. */
  torn?: () => void
  /** Called at the end with what the last line says of the file. */
  ended?: (end: LineEnd) => void
  /** Times outside of it are damage; none: any time. */
  span?: TimeSpan
}

/**
 * Reads requests.csv row by row. The first line may name the columns, in any order; without it the order is that of the format.
 * A last line with too few columns is torn; such a line before it, or a cell out of its bounds, throws Failure RECORD_INVALID.
 */
export async function* readRequests(path: string, options: ReadRequestsOptions = {}): AsyncGenerator<RequestRow> {
  const { torn, ended, span } = options
  let columns: readonly string[] = requestColumns
  let pending: (NumberedLine & { cells: string[] }) | undefined
  const rowOf = (line: NonNullable<typeof pending>): RequestRow =>
    parsed(columns, line.cells, `${path}:${line.number}`, span)
  for await (const line of sealedLines(path, ended)) {
    const cells = cellsOf(line.text)
    if (line.number === 1 && cells.includes('operation_id')) {
      columns = headerOf(cells, path)
      continue
    }
    if (pending !== undefined) yield rowOf(pending)
    pending = { ...line, cells }
  }
  if (pending === undefined) return
  if (pending.cells.length < columns.length) torn?.()
  else yield rowOf(pending)
}

function headerOf(cells: string[], path: string): string[] {
  const missing = requestColumns.filter((column) => !cells.includes(column) && !(column in added))
  if (missing.length > 0) throw new Failure('RECORD_INVALID', `${path}:1: no column ${missing.join(', ')}`)
  return cells
}

function parsed(columns: readonly string[], cells: string[], where: string, span: TimeSpan | undefined): RequestRow {
  if (cells.length !== columns.length)
    throw new Failure('RECORD_INVALID', `${where}: ${cells.length} columns, not ${columns.length}`)
  const row: Record<string, string | number> = { ...added }
  for (const [index, column] of columns.entries()) {
    const cell = cells[index]!
    row[column] = textColumns.has(column) ? cell : numberIn(column, cell, where)
  }
  if (span !== undefined) {
    checkTime('planned_ms', Number(row['planned_ms']), span, where)
    if (row['dropped'] !== 1) checkTime('start_ms', Number(row['start_ms']), span, where)
  }
  return row as RequestRow
}

/** An empty cell is 0: a dropped arrival has no start. */
function numberIn(column: string, cell: string, where: string): number {
  const value = Number(cell)
  if (!Number.isFinite(value)) throw new Failure('RECORD_INVALID', `${where}: ${column} is ${cell}`)
  const [least, most] = bounds[column] ?? [-Infinity, Infinity]
  if (value >= least && value <= most) return value
  throw new Failure('RECORD_INVALID', `${where}: ${column} is ${cell}, not between ${least} and ${most}`)
}

/** Throws Failure RECORD_INVALID for a time that is far from the run. */
export function checkTime(name: string, at_ms: number | undefined, { from_ms, to_ms }: TimeSpan, where: string): void {
  if (at_ms === undefined || (at_ms >= from_ms && at_ms <= to_ms)) return
  const [from, to] = [from_ms, to_ms].map((time_ms) => new Date(time_ms).toISOString())
  throw new Failure('RECORD_INVALID', `${where}: ${name} is ${at_ms}, and the run was between ${from} and ${to}`)
}

/** Cells of one line; a cell with a comma or a quote is quoted, quotes inside are doubled (RFC 4180, without line breaks). */
export function cellsOf(text: string): string[] {
  if (!text.includes('"')) return text.split(',')
  const cells: string[] = []
  for (const match of `,${text}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^,]*))/g))
    cells.push(match[1] === undefined ? (match[2] ?? '') : match[1].replaceAll('""', '"'))
  return cells
}

/** One line of requests.csv, without its end. */
export function csvLine(cells: readonly (string | number)[]): string {
  return cells
    .map((cell) => {
      const text = String(cell)
      return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""').replaceAll(/[\r\n]+/g, ' ')}"` : text
    })
    .join(',')
}
