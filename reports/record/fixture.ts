import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { lineSeal } from '#lib/line-trailer.ts'
import { random } from '#lib/random.ts'
import type { StateLine } from '#sut/contracts/state.ts'
import type { Span } from '#sut/contracts/tracing.ts'
import { fixtureSystem } from './fixture-system.ts'
import { ledgerModel } from './fixture-ledger.ts'
import { simulateLoad, type LoadPlan } from './fixture-load.ts'
import { fixtureSpans } from './fixture-traces.ts'
import { stories, type Story, type StoryName } from './fixture-stories.ts'
import { recordFiles, requestColumns, requestComment, type RequestRow, type RunFile } from './format.ts'
import type { JudgedExperiment } from './experiment.ts'
import { arrivalsIn, operationGrouper, refusalsIn, sinceFirstArrival } from './operations.ts'
import { addState, emptyState, type RunRecord } from './record.ts'
import { csvLine } from './requests.ts'

// Deterministic synthetic records, for tests and for looking at the page without a run: the same options, the same record.
export interface FixtureOptions {
  story: StoryName
  seed: string
  rate_per_s: number
  trials: number
  players: number
  /** The fault's effect on clients, times this: 3 makes recovery three times as long. */
  severity: number
  /** Every operation starts this much after its plan. */
  late_ms: number
  /** Every n-th spin is traced; 0: none. */
  traced: number
}

export interface RawRecord {
  run: RunFile
  journal: RunRecord['journal']
  requests: RequestRow[]
  history: RunRecord['history']
  observations: RunRecord['observations']
  ledger: StateLine[]
  spans?: Span[]
}

const defaults: FixtureOptions = {
  story: 'wallet-kill',
  seed: 'fixture',
  rate_per_s: 40,
  trials: 3,
  players: 24,
  severity: 1,
  late_ms: 0,
  traced: 0,
}

/** 2026-03-01T10:00:00Z. */
const start_ms = 1_772_359_200_000

export function fixture(options: Partial<FixtureOptions> = {}): RawRecord {
  const chosen = { ...defaults, ...options }
  const story = stories[chosen.story](chosen, start_ms)
  const ledger = ledgerModel()
  const plan: LoadPlan = { ...story.load, start_ms, players: chosen.players, late_ms: chosen.late_ms }
  const lines = simulateLoad(plan, random(chosen.seed), ledger)
  return {
    run: runOf(chosen, story),
    journal: story.journal,
    observations: story.observations,
    ledger: ledger.lines(),
    ...lines,
    ...(chosen.traced > 0 && { spans: fixtureSpans(lines.history, chosen.traced) }),
  }
}

function runOf({ seed, story: id }: FixtureOptions, story: Story): RunFile {
  return {
    schema: 2,
    id: `2026-03-01T10-00-00-${id}`,
    experiment: story.experiment,
    design: 'standard',
    target: 'local',
    seed,
    system: fixtureSystem,
    schedule: story.load.stages.map((stage) => ({ ...stage })),
    started_at_ms: start_ms - 20_000,
    ended_at_ms: start_ms + (story.length_s + 8) * 1000,
    outcome: { state: 'completed', text: 'all trials done' },
    versions: {
      'slot-chaos': '0.1.0',
      node: '24.21.0',
      k6: '1.8.1',
      postgres: '18.4',
      nats: '2.15.2',
      redis: '7.0.15',
    },
    machine: { cores: 2, memory_gb: 8, platform: 'linux x64' },
    settings: {
      postgres_failover_ttl_s: 5,
      restart_back_off_s: '1, 2, 4 … 60',
      autoscaler_interval_s: 2,
      autoscaler_down_window_s: 20,
      client_attempt_timeout_ms: 1000,
    },
  }
}

/** What a reader makes of the raw lines. */
export function recordOf(raw: RawRecord): RunRecord {
  const grouper = operationGrouper()
  for (const row of raw.requests) grouper.add(row)
  const state = emptyState()
  for (const line of raw.ledger) addState(state, line)
  return {
    run: raw.run,
    experiment: raw.run.experiment as JudgedExperiment,
    system: fixtureSystem,
    journal: raw.journal,
    operations: sinceFirstArrival(grouper.list()),
    arrivals: arrivalsIn(grouper.list()),
    refusals: refusalsIn(grouper.list()),
    history: raw.history,
    observations: raw.observations,
    state,
    spans: raw.spans ?? [],
    missing: [],
    torn: [],
    changed: [],
  }
}

/** Writes the files of a record into a folder, as a run would have. */
export function writeFixture(folder: string, raw: RawRecord): void {
  mkdirSync(folder, { recursive: true })
  const lines = (items: readonly unknown[]): string => sealed(items.map((item) => `${JSON.stringify(item)}\n`).join(''))
  const rows = raw.requests.map((row) => csvLine(requestColumns.map((column) => row[column])))
  writeFileSync(join(folder, recordFiles.run), JSON.stringify(raw.run))
  writeFileSync(join(folder, recordFiles.journal), lines(raw.journal))
  const table = sealed(`${[requestColumns.join(','), ...rows].join('\n')}\n`, requestComment)
  writeFileSync(join(folder, recordFiles.requests), table)
  writeFileSync(join(folder, recordFiles.history), lines(raw.history))
  writeFileSync(join(folder, recordFiles.observations), lines(raw.observations))
  writeFileSync(join(folder, recordFiles.ledger), lines(raw.ledger))
  if (raw.spans !== undefined) writeFileSync(join(folder, recordFiles.traces), lines(raw.spans))
}

function sealed(text: string, prefix = ''): string {
  const seal = lineSeal()
  seal.add(text)
  return text + seal.trailer(prefix)
}
