import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
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

test('a record on disk is the record that was written', async () => {
  const read = await readRecord(folder)
  const expected = recordOf(raw)
  expect(read.operations).toEqual(expected.operations)
  expect(read.history).toEqual(expected.history)
  expect(read.state).toEqual(expected.state)
  expect(read).toMatchObject({ missing: [], torn: [] })
})

test('missing files, and last lines cut short, are reported', async () => {
  rmSync(file('observations.jsonl'))
  writeFileSync(file('ledger.jsonl'), '')
  truncateSync(file('history.jsonl'), readFileSync(file('history.jsonl')).length - 9)
  appendFileSync(file('requests.csv'), 'o-99,1,sp')
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

test('a folder without a run is no run', async () => {
  rmSync(file('run.json'))
  await expect(readRecord(folder)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' })
})
