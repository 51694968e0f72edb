import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { requestColumns, type RequestRow } from './format.ts'
import { cellsOf, csvLine, readRequests } from './requests.ts'

const folder = mkdtempSync(join(tmpdir(), 'requests-'))
afterAll(() => rmSync(folder, { recursive: true }))

const row = 'o-1,1,spin,a,1000,1000.5,0,0,0,0,9,0,10,200,,ok,0,0'
const header = requestColumns.join(',')

async function read(text: string): Promise<{ rows: RequestRow[]; torn: number }> {
  const path = join(folder, 'requests.csv')
  writeFileSync(path, text)
  let torn = 0
  const rows = await Array.fromAsync(readRequests(path, { torn: () => torn++ }))
  return { rows, torn }
}

test('any cells come back as they were, line breaks as spaces', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1 }), (cells) => {
      expect(cellsOf(csvLine(cells))).toEqual(cells.map((cell) => cell.replaceAll(/[\r\n]+/g, ' ')))
    }),
  )
})

test('rows are read by the names of the header, in any order, and without one in the order of the format', async () => {
  const expected = {
    operation_id: 'o-1',
    attempt: 1,
    planned_ms: 1000,
    start_ms: 1000.5,
    status: 200,
    error: '',
    outcome: 'ok',
  }
  expect((await read(`${header}\n${row}\n`)).rows).toMatchObject([expected])
  expect((await read(`${row}\n`)).rows).toMatchObject([expected])
  const reversed = `${requestColumns.toReversed().join(',')}\n${row.split(',').toReversed().join(',')}\n`
  expect((await read(reversed)).rows).toMatchObject([expected])
})

test('a record of before attackers played has operations that count', async () => {
  const [old] = (await read(`${header.replace(',counted', '')}\n${row.replace(/,0$/, '')}\n`)).rows
  expect(old).toMatchObject({ operation_id: 'o-1', dropped: 0, counted: 1 })
  expect((await read(`${header}\n${row}\n`)).rows[0]).toMatchObject({ counted: 0 })
})

test('a last line that was cut short is left out and reported', async () => {
  const { rows, torn } = await read(`${header}\n${row}\n${row.slice(0, 12)}`)
  expect({ rows: rows.length, torn }).toEqual({ rows: 1, torn: 1 })
})

test.each([
  ['too few columns before the end', `${header}\n${row.slice(0, 12)}\n${row}\n`, /requests.csv:2: 4 columns/],
  ['text where a number belongs', `${header}\n${row.replace('1000.5', 'soon')}\n${row}\n`, /:2: start_ms is soon/],
  ['a header without a column', `${header.replace('status,', '')}\n`, /no column status/],
])('%s is an invalid record, named by file and line', async (_title, text, message) => {
  await expect(read(text)).rejects.toMatchObject({
    code: 'RECORD_INVALID',
    message: expect.stringMatching(message) as string,
  })
})
