import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Compile } from 'typebox/compile'
import type { Static } from 'typebox'
import { Failure, textOf } from '#lib/errors.ts'
import { readLines } from '#lib/json-lines.ts'
import type { LineEnd } from '#lib/line-trailer.ts'
import { systemDescriptor } from '#sut/contracts/descriptor.ts'
import { stateLine, type StateLine } from '#sut/contracts/state.ts'
import type { Span } from '#sut/contracts/tracing.ts'
import { judgedExperiment } from './experiment.ts'
import {
  historyLine,
  journalLine,
  observationLine,
  recordFiles,
  runFile,
  traceLine,
  type HistoryLine,
  type JournalLine,
  type ObservationLine,
} from './format.ts'
import { arrivalsIn, operationGrouper, refusalsIn, sinceFirstArrival, type ClientOperation } from './operations.ts'
import { addState, emptyState, type RunRecord } from './record.ts'
import { checkTime, readRequests, type TimeSpan } from './requests.ts'
import { upgraderOf, type Upgrader } from './upgrade.ts'

const validators = {
  run: Compile(runFile),
  experiment: Compile(judgedExperiment),
  system: Compile(systemDescriptor),
  journal: Compile(journalLine),
  history: Compile(historyLine),
  observations: Compile(observationLine),
  ledger: Compile(stateLine),
  traces: Compile(traceLine),
} as const

type Damage = Pick<RunRecord, 'missing' | 'torn' | 'changed'>
const noDamage = (): Damage => ({ missing: [], torn: [], changed: [] })
/** The first version of the record whose files have trailers. */
const sealedSince = 2

/**
 * Reads the folder of a run, line by line, each line validated. A missing file, one that was cut short and one that is not what was
 * written are reported in `missing`, `torn` and `changed`; anything else that does not fit throws Failure RECORD_INVALID, which names
 * file and line.
 */
export async function readRecord(folder: string): Promise<RunRecord> {
  const { run, upgrade, sealed } = await readRun(folder)
  const damage = noDamage()
  const reading: Reading = { folder, upgrade, sealed, span: spanOf(run) }
  const journal = await collect<JournalLine>(reading, 'journal', damage)
  const operations = await readOperations(reading, damage)
  const history = await collect<HistoryLine>(reading, 'history', damage)
  const observations = await collect<ObservationLine>(reading, 'observations', damage)
  const state = emptyState()
  await each(reading, 'ledger', damage, (line) => addState(state, line as StateLine))
  return {
    run,
    experiment: valid('experiment', run.experiment, 'run.json: experiment') as Static<typeof judgedExperiment>,
    system: valid('system', run.system, 'run.json: system') as Static<typeof systemDescriptor>,
    journal,
    operations: sinceFirstArrival(operations),
    arrivals: arrivalsIn(operations),
    refusals: refusalsIn(operations),
    history: history.toSorted((one, other) => one.at_ms - other.at_ms),
    observations: observations.toSorted((one, other) => one.at_ms - other.at_ms),
    state,
    // Nothing is judged by them, so that they may be missing, and end anywhere.
    spans: await collect<Span>(reading, 'traces', noDamage()),
    ...damage,
  }
}

interface Reading {
  folder: string
  upgrade: Upgrader
  /** Its files have trailers. */
  sealed: boolean
  /** Within which every time of the record lies. */
  span: TimeSpan
}

const longest_run_ms = 7 * 24 * 3_600_000
const margin_ms = 3_600_000

/** A time far from the run is damage, and would make windows without end. */
const spanOf = ({ started_at_ms, ended_at_ms }: Static<typeof runFile>): TimeSpan => ({
  from_ms: started_at_ms - margin_ms,
  to_ms: ended_at_ms === undefined ? started_at_ms + longest_run_ms : ended_at_ms + margin_ms,
})

async function readRun(folder: string): Promise<{ run: Static<typeof runFile>; upgrade: Upgrader; sealed: boolean }> {
  const path = join(folder, recordFiles.run)
  if (!existsSync(path)) throw new Failure('RUN_NOT_FOUND', `${folder} has no ${recordFiles.run}`)
  let raw: unknown
  try {
    raw = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    throw new Failure('RECORD_INVALID', `${path} is not JSON: ${textOf(error)}`, { cause: error })
  }
  const upgrade = upgraderOf(raw, path)
  const sealed = (raw as { schema: number }).schema >= sealedSince
  return { run: valid('run', upgrade(recordFiles.run, raw), path) as Static<typeof runFile>, upgrade, sealed }
}

function valid(name: keyof typeof validators, value: unknown, where: string): unknown {
  const validator = validators[name]
  if (validator.Check(value)) return value
  const errors = validator.Errors(value).slice(0, 5)
  const text = errors.map((error) => `${error.instancePath || '/'} ${error.message}`).join('; ')
  throw new Failure('RECORD_INVALID', `${where}: ${text}`)
}

type LineFile = 'journal' | 'history' | 'observations' | 'ledger' | 'traces'

/** Calls `take` with each line, valid for its file. */
async function each(
  { folder, upgrade, sealed, span }: Reading,
  file: LineFile,
  damage: Damage,
  take: (line: unknown) => void,
): Promise<void> {
  const name = recordFiles[file]
  const path = join(folder, name)
  if (!existsSync(path)) return void damage.missing.push(name)
  let number = 0
  const torn = (): void => cutShort(damage, name)
  const ended = (end: LineEnd): void => judgeEnd(damage, name, sealed, end)
  try {
    for await (const raw of readLines<unknown>(path, { torn, ended })) {
      number++
      const where = `${path}:${number}`
      const line = valid(file, upgrade(name, raw), where)
      checkTime('at_ms', (line as { at_ms?: number }).at_ms, span, where)
      take(line)
    }
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure('RECORD_INVALID', textOf(error), { cause: error })
  }
  if (number === 0) isEmpty(damage, name)
}

const cutShort = ({ torn }: Damage, name: string): void => void (torn.includes(name) || torn.push(name))

function judgeEnd(damage: Damage, name: string, sealed: boolean, end: LineEnd): void {
  if (end === 'changed') damage.changed.push(name)
  if (end === 'open' && sealed) cutShort(damage, name)
}

/** A file without a line is as good as none. */
function isEmpty(damage: Damage, name: string): void {
  damage.missing.push(name)
  damage.torn = damage.torn.filter((file) => file !== name)
}

async function collect<Line>(reading: Reading, file: LineFile, damage: Damage): Promise<Line[]> {
  const lines: Line[] = []
  await each(reading, file, damage, (line) => lines.push(line as Line))
  return lines
}

async function readOperations({ folder, sealed, span }: Reading, damage: Damage): Promise<ClientOperation[]> {
  const name = recordFiles.requests
  const path = join(folder, name)
  const grouper = operationGrouper()
  let rows = 0
  const torn = (): void => cutShort(damage, name)
  const ended = (end: LineEnd): void => judgeEnd(damage, name, sealed, end)
  if (existsSync(path))
    for await (const row of readRequests(path, { torn, ended, span })) {
      rows++
      grouper.add(row)
    }
  if (rows === 0) isEmpty(damage, name)
  return grouper.list()
}
