import { existsSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Compile } from 'typebox/compile'
import type { Static } from 'typebox'
import { Failure, textOf } from '#lib/errors.ts'
import { readLines } from '#lib/json-lines.ts'
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
import { operationGrouper, sinceFirstArrival, type ClientOperation } from './operations.ts'
import { addState, emptyState, type RunRecord } from './record.ts'
import { readRequests } from './requests.ts'
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

type Damage = Pick<RunRecord, 'missing' | 'torn'>

/**
 * Reads the folder of a run, line by line, each line validated. A missing file and a last line that a crash cut short are
 * reported in `missing` and `torn`; anything else that does not fit throws Failure RECORD_INVALID, which names file and line.
 */
export async function readRecord(folder: string): Promise<RunRecord> {
  const { run, upgrade } = await readRun(folder)
  const damage: Damage = { missing: [], torn: [] }
  const journal = await collect<JournalLine>(folder, 'journal', upgrade, damage)
  const operations = await readOperations(folder, damage)
  const history = await collect<HistoryLine>(folder, 'history', upgrade, damage)
  const observations = await collect<ObservationLine>(folder, 'observations', upgrade, damage)
  const state = emptyState()
  await each(folder, 'ledger', upgrade, damage, (line) => addState(state, line as StateLine))
  return {
    run,
    experiment: valid('experiment', run.experiment, 'run.json: experiment') as Static<typeof judgedExperiment>,
    system: valid('system', run.system, 'run.json: system') as Static<typeof systemDescriptor>,
    journal,
    operations,
    history: history.toSorted((one, other) => one.at_ms - other.at_ms),
    observations: observations.toSorted((one, other) => one.at_ms - other.at_ms),
    state,
    // Nothing is judged by them, so that they may be missing, and end anywhere.
    spans: await collect<Span>(folder, 'traces', upgrade, { missing: [], torn: [] }),
    ...damage,
  }
}

async function readRun(folder: string): Promise<{ run: Static<typeof runFile>; upgrade: Upgrader }> {
  const path = join(folder, recordFiles.run)
  if (!existsSync(path)) throw new Failure('RUN_NOT_FOUND', `${folder} has no ${recordFiles.run}`)
  let raw: unknown
  try {
    raw = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    throw new Failure('RECORD_INVALID', `${path} is not JSON: ${textOf(error)}`, { cause: error })
  }
  const upgrade = upgraderOf(raw, path)
  return { run: valid('run', upgrade(recordFiles.run, raw), path) as Static<typeof runFile>, upgrade }
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
  folder: string,
  file: LineFile,
  upgrade: Upgrader,
  damage: Damage,
  take: (line: unknown) => void,
): Promise<void> {
  const name = recordFiles[file]
  const path = join(folder, name)
  if (isMissing(path)) {
    damage.missing.push(name)
    return
  }
  let number = 0
  try {
    for await (const raw of readLines<unknown>(path, { torn: () => damage.torn.push(name) })) {
      number++
      take(valid(file, upgrade(name, raw), `${path}:${number}`))
    }
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure('RECORD_INVALID', textOf(error), { cause: error })
  }
}

async function collect<Line>(folder: string, file: LineFile, upgrade: Upgrader, damage: Damage): Promise<Line[]> {
  const lines: Line[] = []
  await each(folder, file, upgrade, damage, (line) => lines.push(line as Line))
  return lines
}

async function readOperations(folder: string, damage: Damage): Promise<ClientOperation[]> {
  const path = join(folder, recordFiles.requests)
  const grouper = operationGrouper()
  if (isMissing(path)) damage.missing.push(recordFiles.requests)
  else for await (const row of readRequests(path, () => damage.torn.push(recordFiles.requests))) grouper.add(row)
  return sinceFirstArrival(grouper.list())
}

const isMissing = (path: string): boolean => !existsSync(path) || statSync(path).size === 0
