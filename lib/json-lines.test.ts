import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { openLines, readLines } from './json-lines.ts'
import type { LineEnd } from './line-trailer.ts'

const folder = mkdtempSync(join(tmpdir(), 'json-lines-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('what is appended is read back, in order, after reopening too', async () => {
  const path = join(folder, 'order.jsonl')
  for (const part of [
    [1, 'zwei\n', { drei: [3] }],
    [null, true],
  ]) {
    using lines = openLines(path)
    for (const value of part) lines.append(value, { durable: true })
  }
  expect(await Array.fromAsync(readLines(path))).toEqual([1, 'zwei\n', { drei: [3] }, null, true])
})

test('a line is in the file when append returns', () => {
  const path = join(folder, 'at-once.jsonl')
  using lines = openLines(path)
  lines.append({ a: 1 })
  expect(readFileSync(path, 'utf8')).toBe('{"a":1}\n')
})

test('a file cut anywhere in its last line yields all lines before it and reports the rest', async () => {
  const path = join(folder, 'cut.jsonl')
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.dictionary(fc.string(), fc.integer()), { maxLength: 5 }),
      fc.nat(40),
      async (values, cut) => {
        writeFileSync(path, values.map((value) => `${JSON.stringify(value)}\n`).join(''))
        const fragment = JSON.stringify({ last: 'x'.repeat(40) }).slice(0, cut)
        appendFileSync(path, fragment)
        const torn: string[] = []
        const read = await Array.fromAsync(readLines(path, { torn: (text) => torn.push(text) }))
        expect(read).toEqual(values)
        expect(torn).toEqual(fragment === '' ? [] : [fragment])
      },
    ),
    { numRuns: 50 },
  )
})

test('damage before the last line is an error that names the line', async () => {
  const path = join(folder, 'damaged.jsonl')
  writeFileSync(path, '{"a":1}\n{"b":\n{"c":3}\n')
  await expect(Array.fromAsync(readLines(path))).rejects.toThrow(`${path}:2 is not JSON`)
})

test('exclusive refuses a file that is there; a closed writer refuses lines', () => {
  const path = join(folder, 'exclusive.jsonl')
  const lines = openLines(path, { exclusive: true })
  lines.close()
  expect(() => openLines(path, { exclusive: true })).toThrow(/EEXIST/)
  expect(() => lines.append(1)).toThrow(/closed/)
})

test('a file that was written to its end says so, also after it was opened again', async () => {
  const path = join(folder, 'sealed.jsonl')
  for (const value of ['one', 'zwei ü']) {
    using lines = openLines(path)
    lines.append(value)
    if (value !== 'one') lines.seal()
  }
  const ends: LineEnd[] = []
  const read = async (): Promise<unknown[]> =>
    Array.fromAsync(readLines(path, { ended: (end) => ends.push(end), torn: () => undefined }))
  expect(await read()).toEqual(['one', 'zwei ü'])
  const text = readFileSync(path, 'utf8')
  for (const damaged of [
    text.split('\n', 2).join('\n'),
    text.replace('one', 'ome'),
    text.replace('"one"\n', ''),
    text + '3\n',
  ]) {
    writeFileSync(path, damaged)
    await read()
  }
  expect(ends).toEqual(['whole', 'open', 'changed', 'changed', 'open'])
})
