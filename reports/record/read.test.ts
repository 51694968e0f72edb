import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fixture, recordOf, writeFixture } from './fixture.ts'
import { readRecord } from './read.ts'

const raw = fixture({ rate_per_s: 10, trials: 1, players: 4 })
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'record-'))
  writeFixture(folder, raw)
})
afterEach(() => rmSync(folder, { recursive: true }))
const file = (name: string): string => join(folder, name)
/** Changes the lines of a file; its trailer is gone, as after a crash. */
function rewrite(name: string, change: (text: string) => string): void {
  const lines = readFileSync(file(name), 'utf8').split('\n').slice(0, -2)
  writeFileSync(file(name), change(`${lines.join('\n')}\n`))
}

test('a record on disk is the record that was written', async () => {
  const read = await readRecord(folder)
  const expected = recordOf(raw)
  expect(read.operations).toEqual(expected.operations)
  expect(read.history).toEqual(expected.history)
  expect(read.state).toEqual(expected.state)
  expect(read).toMatchObject({ missing: [], torn: [], changed: [] })
})

test('missing files, and last lines cut short, are reported', async () => {
  rmSync(file('observations.jsonl'))
  writeFileSync(file('ledger.jsonl'), '')
  rewrite('history.jsonl', (text) => text.slice(0, -9))
  rewrite('requests.csv', (text) => `${text}o-99,1,sp`)
  const read = await readRecord(folder)
  expect(read.missing).toEqual(['observations.jsonl', 'ledger.jsonl'])
  expect(read.torn.toSorted()).toEqual(['history.jsonl', 'requests.csv'])
  expect(read.history).toHaveLength(raw.history.length - 1)
})

test.each([
  ['a damaged line before the end', () => writeFileSync(file('history.jsonl'), '{"a"\n{"b":1}\n'), /history.jsonl:1/],
  ['a line that does not fit', () => appendFileSync(file('journal.jsonl'), '{"kind":"fault"}\n'), /journal.jsonl:\d+/],
  ['a run.json that is no JSON', () => writeFileSync(file('run.json'), '{'), /run.json is not JSON/],
  [
    'an experiment that says nothing',
    () => writeFileSync(file('run.json'), JSON.stringify({ ...raw.run, experiment: {} })),
    /experiment/,
  ],
])('%s is an invalid record', async (_title, damage, message) => {
  damage()
  await expect(readRecord(folder)).rejects.toMatchObject({
    code: 'RECORD_INVALID',
    message: expect.stringMatching(message) as string,
  })
})

test.each(['history.jsonl', 'ledger.jsonl', 'requests.csv', 'journal.jsonl', 'observations.jsonl'])(
  'what is left of %s is known to be cut short, also when it was cut at the end of a line',
  async (name) => {
    rewrite(name, (text) => `${text.split('\n').slice(0, -20).join('\n')}\n`)
    expect(await readRecord(folder)).toMatchObject({ missing: [], torn: [name], changed: [] })
  },
)

test('a file that was changed after the run is named', async () => {
  const text = readFileSync(file('ledger.jsonl'), 'utf8')
  writeFileSync(file('ledger.jsonl'), text.replace('"amount_minor":', '"amount_minor": '))
  expect(await readRecord(folder)).toMatchObject({ missing: [], torn: [], changed: ['ledger.jsonl'] })
})

test('a record of before there were trailers is whole without them', async () => {
  writeFileSync(file('run.json'), JSON.stringify({ ...raw.run, schema: 1 }))
  for (const name of ['history.jsonl', 'requests.csv', 'journal.jsonl', 'observations.jsonl', 'ledger.jsonl'])
    rewrite(name, (text) => text)
  expect(await readRecord(folder)).toMatchObject({ missing: [], torn: [], changed: [], run: { schema: 2 } })
})

test.each([
  ['planned_ms', '0'],
  ['start_ms', '-5'],
  ['duration_ms', '-1000000'],
  ['waiting_ms', 'Infinity'],
  ['status', '20000'],
])('a cell out of its bounds is an invalid record: %s %s', async (column, cell) => {
  const number = Math.min(7, raw.requests.length)
  rewrite('requests.csv', (text) => {
    const lines = text.split('\n')
    const at = lines[0]!.split(',').indexOf(column)
    lines[number] = lines[number]!.split(',').with(at, cell).join(',')
    return lines.join('\n')
  })
  await expect(readRecord(folder)).rejects.toMatchObject({
    code: 'RECORD_INVALID',
    message: expect.stringMatching(`requests.csv:${number + 1}: ${column} is `) as string,
  })
})

test('a line whose time is far from the run is an invalid record', async () => {
  rewrite('history.jsonl', (text) => text.replace(/"at_ms":\d+/, '"at_ms":17'))
  await expect(readRecord(folder)).rejects.toMatchObject({ code: 'RECORD_INVALID' })
})

test('a folder without a run is no run', async () => {
  rmSync(file('run.json'))
  await expect(readRecord(folder)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' })
})
