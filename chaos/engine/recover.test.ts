import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { newId } from '#lib/random.ts'
import type { RunFile } from '#reports/record/format.ts'
import { createRecord, type RecordWriter } from '#reports/record/writer.ts'
import { harnessNote, systemNote } from './journal-notes.ts'
import { memoryWorld, smallSystem } from './memory-target.ts'
import { recover } from './recover.ts'

const parent = mkdtempSync(join(tmpdir(), 'recover-'))
afterAll(() => rmSync(parent, { recursive: true, force: true }))

const run: RunFile = {
  schema: 2,
  id: 'run-1',
  experiment: {},
  design: 'standard',
  target: 'memory',
  seed: '1',
  system: smallSystem,
  schedule: [],
  started_at_ms: 0,
  versions: {},
  machine: {},
  settings: {},
}
const fault = { kind: 'fault' as const, id: 'f1', trial: 1, fault: 'region-outage', targets: ['region a'] }
const undo = [{ operation: 'startRegion', arguments: { region: 'a' } }]

/** A record as a harness that was killed leaves it. */
function brokenOff(write: (record: RecordWriter) => void): string {
  const folder = join(parent, newId())
  using record = createRecord(folder, run, systemClock)
  record.journal({ kind: 'note', code: 'harness', text: JSON.stringify({ pid: 1, start_ticks: -1 }) })
  write(record)
  return folder
}

const fileOf = (folder: string): RunFile => JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as RunFile

test('undoes what a journal holds, in the system where it happened, and finds nothing the second time', async () => {
  const folder = brokenOff((record) => {
    record.journal(systemNote('memory-1'))
    record.journal({ ...fault, state: 'planned', undo })
    record.journal({ ...fault, state: 'armed' })
  })
  appendFileSync(join(folder, 'journal.jsonl'), '{"kind":"fault","id":"f1","sta')
  const world = memoryWorld()
  const system = await world.target.up({
    design: '',
    links: [],
    lease_ms: 0,
    progress: () => {},
    signal: new AbortController().signal,
  })
  await system.faults.stopRegion('a')
  const { target } = world
  const quiet = { ...target, recover: async () => ({ found: [], undone: [], failed: [] }) }

  const first = await recover([folder], { memory: quiet }, systemClock)
  expect(first).toEqual({
    found: ['run run-1: broken off'],
    undone: ['run run-1: region-outage on region a: undone'],
    failed: [],
  })
  expect(await system.faults.residue()).toEqual([])
  expect(fileOf(folder).outcome?.state).toBe('aborted')
  const lines = readFileSync(join(folder, 'journal.jsonl'), 'utf8').trimEnd().split('\n')
  expect(JSON.parse(lines.at(-2)!)).toMatchObject({ id: 'f1', state: 'reverted' })
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({ kind: 'cleanup', residue: [] })
  expect(lines.every((line) => JSON.parse(line) !== undefined)).toBe(true)

  const second = await recover([folder], { memory: quiet }, systemClock)
  expect(second).toEqual({ found: [], undone: [], failed: [] })
})

test('a fault is gone with its system', async () => {
  const folder = brokenOff((record) => {
    record.journal(systemNote('memory-1'))
    record.journal({ ...fault, state: 'planned', undo })
  })
  const { undone, failed } = await recover([folder], { memory: memoryWorld().target }, systemClock)
  expect(undone).toEqual(['run run-1: region-outage on region a: gone with its system'])
  expect(failed).toEqual([])
})

test('what cannot be undone is said, and tried again the next time', async () => {
  const folder = brokenOff((record) => {
    record.journal(systemNote('memory-1'))
    record.journal({ ...fault, state: 'planned', undo })
  })
  let broken = true
  const world = memoryWorld({
    before: (operation) => {
      if (broken && operation.startsWith('startRegion')) throw new Error('no way')
    },
  })
  await world.target.up({
    design: '',
    links: [],
    lease_ms: 0,
    progress: () => {},
    signal: new AbortController().signal,
  })
  const quiet = { ...world.target, recover: async () => ({ found: [], undone: [], failed: [] }) }
  expect((await recover([folder], { memory: quiet }, systemClock)).failed).toEqual([
    'run run-1: region-outage on region a: no way',
  ])
  broken = false
  expect((await recover([folder], { memory: quiet }, systemClock)).undone).toHaveLength(1)
})

test('a run whose harness lives, and one that has ended, are left alone', async () => {
  const living = join(parent, newId())
  using record = createRecord(living, run, systemClock)
  record.journal(harnessNote())
  record.journal({ ...fault, state: 'planned', undo })
  const ended = brokenOff((other) => other.finish({ state: 'completed', text: '' }))
  const { target } = memoryWorld()
  const folders = [living, ended, join(parent, 'nothing')]
  expect(await recover(folders, { memory: target }, systemClock)).toEqual({ found: [], undone: [], failed: [] })
  expect(fileOf(living).outcome).toBeUndefined()
})
