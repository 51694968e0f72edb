import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { isTrailer } from '#lib/line-trailer.ts'
import { newId } from '#lib/random.ts'
import type { JournalLine, RunFile } from '#reports/record/format.ts'
import type { Experiment } from '../experiments/experiment.ts'
import { faults } from '../faults/registry.ts'
import type { Catalogue } from './catalogue.ts'
import { memoryWorld, smallSystem, type MemoryOptions, type MemoryWorld } from './memory-target.ts'
import { planRun } from './plan.ts'
import type { ProgressEvent } from './progress.ts'
import type { Finished } from './run.ts'
import { runExperiment } from './run-experiment.ts'

// For tests: whole runs on the system that exists in memory alone.

const parent = mkdtempSync(join(tmpdir(), 'run-experiment-'))

// The same experiment as real ones, fifty times as fast: windows of 20 ms.
export const window_ms = 20
export const small: Experiment = {
  name: 'small',
  title: 'small',
  description: 'small',
  load: { journey: 'player', profile: 'steady', rate_per_s: 1000, players: 1 },
  steady_state: { success_rate_min: 0.9, p99_ms_max: 500, for_s: 0.06, limit_s: 1 },
  trials: 2,
  faults: [
    { fault: 'link-latency', parameters: { from: 'game', to: 'wallet', latency_ms: 50 }, hold_s: 0.05 },
    { fault: 'region-outage', parameters: { region: 'a' }, hold_s: 0.02 },
  ],
  recovery: { good_s: 0.04, limit_s: 2 },
  stop: { failed_share_max: 0.99, for_s: 10 },
  expectations: { consistent: true },
}

export const catalogueOf = ({ target }: MemoryWorld): Catalogue => ({
  experiments: {},
  faults,
  journeys: ['player'],
  profiles: ['steady'],
  designs: ['standard'],
  dangers: [],
  targets: { memory: target },
  systemOf: () => smallSystem,
})

export interface Played {
  finished: Finished
  journal: JournalLine[]
  run: RunFile
  operations: readonly string[]
  left: string[]
  events: ProgressEvent[]
}

export interface Play extends Omit<MemoryOptions, 'before'> {
  experiment?: Experiment
  before?: (operation: string, world: { folder: string; abort: AbortController }) => void | Promise<void>
  failing_share?: number
  at_once?: AbortSignal
  progress?: (event: ProgressEvent, abort: AbortController, world: MemoryWorld) => void
}

export async function play({
  experiment = small,
  before,
  failing_share = 0,
  progress,
  at_once,
  ...options
}: Play = {}): Promise<Played> {
  const folder = join(parent, newId())
  const abort = new AbortController()
  const world = memoryWorld({ ...options, before: (operation) => before?.(operation, { folder, abort }) })
  world.failing_share = failing_share
  const catalogue = catalogueOf(world)
  const plan = planRun({ experiment, source: 'small', target: 'memory', design: 'standard', seed: '1' }, catalogue)
  const events: ProgressEvent[] = []
  const finished = await runExperiment(
    { plan, catalogue, folder, id: 'small-1' },
    {
      clock: systemClock,
      startLoad: world.startLoad,
      signal: abort.signal,
      ...(at_once !== undefined && { at_once }),
      window_ms,
      progress: (event) => {
        events.push(event)
        progress?.(event, abort, world)
      },
    },
  )
  const run = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as RunFile
  return { finished, run, journal: journalOf(folder), operations: world.operations, left: world.left(), events }
}

export const linesIn = (path: string): string[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .filter((line) => !isTrailer(line))

export function journalOf(folder: string): JournalLine[] {
  const lines = linesIn(join(folder, 'journal.jsonl'))
  return lines.map((line) => JSON.parse(line) as JournalLine)
}

export const statesOf = (journal: JournalLine[]): string[] =>
  journal.flatMap((line) => (line.kind === 'fault' ? [`${line.trial} ${line.fault} ${line.state}`] : []))

export const forget = (): void => rmSync(parent, { recursive: true, force: true })

export function expectAllReverted(journal: JournalLine[]): void {
  const states = new Map<string, string>()
  for (const line of journal) if (line.kind === 'fault') states.set(line.id, line.state)
  for (const state of states.values()) expect(state).toBe('reverted')
}
