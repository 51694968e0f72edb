import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { Failure } from '#lib/errors.ts'
import { requestColumns, type RequestRow } from './format.ts'

const textColumns = new Set(['operation_id', 'kind', 'region', 'error', 'outcome'])

/**
 * Reads requests.csv row by row. The first line may name the columns, in any order; without it the order is that of the format.
 * A last line with too few columns is torn; such a line before it throws Failure RECORD_INVALID.
 */
export async function* readRequests(path: string, torn: () => void): AsyncGenerator<RequestRow> {
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Infinity })
  let columns: readonly string[] = requestColumns
  let number = 0
  let pending: { cells: string[]; number: number } | undefined
  for await (const text of lines) {
    number++
    const cells = cellsOf(text)
    if (number === 1 && cells.includes('operation_id')) {
      columns = headerOf(cells, path)
      continue
    }
    if (pending !== undefined) yield rowOf(columns, pending, path)
    pending = text === '' ? undefined : { cells, number }
  }
  if (pending === undefined) return
  if (pending.cells.length < columns.length) torn()
  else yield rowOf(columns, pending, path)
}

function headerOf(cells: string[], path: string): string[] {
  const missing = requestColumns.filter((column) => !cells.includes(column))
  if (missing.length > 0) throw new Failure('RECORD_INVALID', `${path}:1: no column ${missing.join(', ')}`)
  return cells
}

function rowOf(columns: readonly string[], line: { cells: string[]; number: number }, path: string): RequestRow {
  if (line.cells.length !== columns.length)
    throw new Failure('RECORD_INVALID', `${path}:${line.number}: ${line.cells.length} columns, not ${columns.length}`)
  const row: Record<string, string | number> = {}
  for (const [index, column] of columns.entries()) {
    const cell = line.cells[index]!
    if (textColumns.has(column)) row[column] = cell
    else {
      const value = Number(cell) // an empty cell is 0: a dropped arrival has no start
      if (Number.isNaN(value)) throw new Failure('RECORD_INVALID', `${path}:${line.number}: ${column} is ${cell}`)
      row[column] = value
    }
  }
  return row as RequestRow
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
