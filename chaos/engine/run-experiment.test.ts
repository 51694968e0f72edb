import { join } from 'node:path'
import * as fc from 'fast-check'
import { Value } from 'typebox/value'
import { afterAll, expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { Failure } from '#lib/errors.ts'
import { journalLine, observationLine, runFile } from '#reports/record/format.ts'
import type { Experiment } from '../experiments/experiment.ts'
import { catalogueOf, expectAllReverted, forget, journalOf, linesIn, play, small, statesOf } from './memory-run.ts'
import { memoryWorld } from './memory-target.ts'
import { planRun } from './plan.ts'
import { runExperiment } from './run-experiment.ts'

afterAll(forget)

test('a run takes its steps in order, and its record fits the format', async () => {
  const { finished, journal, run, operations, left, events } = await play()
  expect(finished.outcome).toEqual({ state: 'completed', text: 'all steps were taken' })
  expect(finished.not_undone).toEqual([])
  expect(left).toEqual([])
  expect(operations.filter((operation) => !/link|Toxic|Region/.test(operation))).toEqual([
    'up',
    'load',
    'stop load',
    'dump',
    'down',
  ])
  expect(journal.flatMap((line) => (line.kind === 'phase' ? [`${line.phase} ${line.state}`] : []))).toEqual([
    'up begin',
    'up end',
    'load begin',
    'steady-state begin',
    'steady-state end',
    'trial begin',
    'trial end',
    'trial begin',
    'trial end',
    'load end',
    'settle begin',
    'settle end',
    'dump begin',
    'dump end',
    'down begin',
    'down end',
    'residue begin',
    'residue end',
  ])
  for (const line of journal) expect(Value.Errors(journalLine, line)).toEqual([])
  expect(Value.Errors(runFile, run)).toEqual([])
  expect(run).toMatchObject({ seed: '1', settings: { lease_ttl_ms: 1 }, versions: { memory: '1' } })
  const observations = linesIn(join(finished.folder, 'observations.jsonl'))
  for (const line of observations) expect(Value.Errors(observationLine, JSON.parse(line))).toEqual([])
  expect(observations.length).toBeGreaterThan(5)
  const phases = events.flatMap((event) => (event.kind === 'end' ? [event.phase] : []))
  expect(phases).toEqual(['up', 'load', 'steady-state', 'trials', 'stop-load', 'settle', 'dump', 'down', 'residue'])
})

test('each trial: planned with undo, armed, effective with evidence, then reverted, the one that ends first before the other', async () => {
  const { journal } = await play()
  const one = (trial: number) =>
    [
      'link-latency planned',
      'link-latency armed',
      'link-latency effective',
      'region-outage planned',
      'region-outage armed',
      'region-outage effective',
      'region-outage reverting',
      'region-outage reverted',
      'link-latency reverting',
      'link-latency reverted',
    ].map((state) => `${trial} ${state}`)
  expect(statesOf(journal).filter((state) => !state.endsWith('proved'))).toEqual([...one(1), ...one(2)])
  for (const line of journal) {
    if (line.kind !== 'fault') continue
    if (line.state === 'planned') expect(line.undo?.length).toBeGreaterThan(0)
    if (line.state === 'effective') expect(line.evidence).not.toBe('')
  }
  const ends = journal.flatMap((line) => (line.kind === 'trial' ? [`${line.trial} ${line.state}`] : []))
  expect(ends).toEqual(['1 begin', '1 recovered', '2 begin', '2 recovered'])
})

test('nothing is injected before its undo is on disk', async () => {
  const seen: string[] = []
  await play({
    before: (operation, { folder }) => {
      if (!/^(addToxic|stopRegion)/.test(operation)) return
      const faultLines = journalOf(folder).filter((line) => line.kind === 'fault')
      const last = faultLines.findLast(({ state }) => state === 'planned')
      const undone = JSON.stringify(last?.undo)
      expect(faultLines.at(-1)?.state).toBe('planned')
      expect(undone).toContain(operation.split(' ')[1])
      seen.push(operation.split(' ')[0]!)
    },
  })
  expect(seen.toSorted()).toEqual([...Array.from({ length: 4 }, () => 'addToxic'), 'stopRegion', 'stopRegion'])
})

test('the same seed injects the same faults', async () => {
  const targets = async () =>
    (await play()).journal.flatMap((line) =>
      line.kind === 'fault' && line.state === 'planned' ? [line.targets, line.undo] : [],
    )
  const first = await targets()
  expect(first).not.toEqual([])
  expect(await targets()).toEqual(first)
})

test(
  'an interruption anywhere leaves nothing: every fault reverted, the load stopped, the system down',
  { timeout: 60_000 },
  async () => {
    const { operations } = await play()
    await fc.assert(
      fc.asyncProperty(fc.nat(operations.length - 1), fc.boolean(), async (at, throws) => {
        let count = 0
        const { finished, journal, left } = await play({
          before: (_, { abort }) => {
            if (count++ !== at) return
            abort.abort(new Failure('ABORTED', 'interrupted'))
            if (throws) throw new Error('interrupted half-way')
          },
        })
        expect(finished.outcome.state).toBe('aborted')
        expect(left).toEqual([])
        expectAllReverted(journal)
      }),
      { numRuns: 25 },
    )
  },
)

test('a failing operation anywhere leaves nothing either', { timeout: 60_000 }, async () => {
  const { operations } = await play()
  await fc.assert(
    fc.asyncProperty(fc.nat(operations.length - 1), async (at) => {
      let count = 0
      const { finished, journal, left } = await play({
        before: () => {
          if (count++ === at) throw new Error('the target failed')
        },
      })
      expect(left).toEqual([])
      expectAllReverted(journal)
      expect(finished.not_undone).toEqual([])
    }),
    { numRuns: 25 },
  )
})

test('an interruption while nothing is asked of the target (hold, steady state) ends the run too', async () => {
  for (const wanted of ['holding', 'good, p99']) {
    const { finished, left, journal } = await play({
      experiment: { ...small, faults: small.faults.map((use) => ({ ...use, hold_s: 30 })) },
      progress: (event, abort) => {
        if (event.kind === 'status' && event.text.includes(wanted)) abort.abort()
      },
    })
    expect(finished.outcome.state).toBe('aborted')
    expect(left).toEqual([])
    expectAllReverted(journal)
  }
})

test(
  'a fault that does not bite is reverted, and the run fails, with its state read',
  { timeout: 30_000 },
  async () => {
    const region = { ...small, faults: small.faults.slice(1) }
    const { finished, journal, operations, left } = await play({ experiment: region, blunt: true })
    expect(finished.outcome.state).toBe('failed')
    expect(finished.error).toMatchObject({ code: 'FAULT_NOT_EFFECTIVE' })
    expect(statesOf(journal).map((state) => state.split(' ').at(-1))).toEqual([
      'planned',
      'armed',
      'reverting',
      'reverted',
    ])
    expect(operations.slice(-3)).toEqual(['stop load', 'dump', 'down'])
    expect(left).toEqual([])
  },
)

test('Ctrl-C once: reverted, and what came so far is read; twice: nothing more is read, and nothing is left', async () => {
  for (const twice of [false, true]) {
    const again = new AbortController()
    const { finished, left, journal, operations } = await play({
      experiment: { ...small, faults: small.faults.map((use) => ({ ...use, hold_s: 30 })) },
      at_once: again.signal,
      progress: (event, abort) => {
        if (event.kind !== 'status' || !event.text.includes('holding')) return
        abort.abort(new Failure('ABORTED', 'interrupted'))
        if (twice) again.abort(new Failure('ABORTED', 'interrupted twice'))
      },
    })
    expect(finished).toMatchObject({ outcome: { state: 'aborted', text: 'interrupted' }, read: !twice })
    expect(operations.filter((each) => /^(stop load|dump|down)$/.test(each))).toEqual(
      twice ? ['down'] : ['stop load', 'dump', 'down'],
    )
    expect(left).toEqual([])
    expectAllReverted(journal)
  }
})

test('no steady state: no fault is injected, the run fails', async () => {
  const { finished, journal } = await play({ failing_share: 0.5 })
  expect(finished).toMatchObject({ outcome: { state: 'failed' }, error: { code: 'STEADY_STATE_MISSED' } })
  expect(statesOf(journal)).toEqual([])
})

test('a stop condition ends the trials, reverts, and what came so far can be judged', async () => {
  const experiment: Experiment = {
    ...small,
    steady_state: { ...small.steady_state, success_rate_min: 0 },
    faults: small.faults.map((use) => ({ ...use, hold_s: 30 })),
    stop: { failed_share_max: 0.3, for_s: 0.1 },
  }
  const { finished, journal, operations, left } = await play({ experiment, failing_share: 0.5 })
  expect(finished.outcome).toMatchObject({
    state: 'stopped',
    text: expect.stringContaining('of the operations failed'),
  })
  expectAllReverted(journal)
  expect(operations).toContain('dump')
  expect(left).toEqual([])
})

test('a trial that is not served well in time ends at its limit', async () => {
  const experiment: Experiment = {
    ...small,
    trials: 1,
    recovery: { good_s: 0.04, limit_s: 0.2 },
    steady_state: { ...small.steady_state, success_rate_min: 0 },
  }
  const { finished, journal } = await play({ experiment, failing_share: 0.5 })
  expect(finished.outcome.state).toBe('completed')
  expect(journal).toContainEqual(expect.objectContaining({ kind: 'trial', state: 'limit' }))
})

test('without faults one trial covers the load', async () => {
  const experiment: Experiment = { ...small, trials: 1, faults: [], load: { ...small.load, duration_s: 0.4 } }
  const { finished, journal } = await play({ experiment })
  expect(finished.outcome.state).toBe('completed')
  expect(statesOf(journal)).toEqual([])
  expect(journal).toContainEqual(expect.objectContaining({ kind: 'trial', trial: 1, state: 'recovered' }))
})

test('a folder that cannot be made is one clear failure, and nothing is started', async () => {
  const world = memoryWorld()
  const catalogue = catalogueOf(world)
  const plan = planRun({ experiment: small, source: 'small', target: 'memory', design: 'standard' }, catalogue)
  const ports = { clock: systemClock, startLoad: world.startLoad, signal: AbortSignal.abort(), progress: () => {} }
  const inDevice = runExperiment({ plan, catalogue, folder: '/dev/null/run', id: 'run' }, ports)
  await expect(inDevice).rejects.toMatchObject({ code: 'OUTPUT_NOT_WRITABLE' })
  expect(world.operations).toEqual([])
})
