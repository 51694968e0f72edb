import { expect, test } from 'vitest'
import { Failure } from '#lib/errors.ts'
import { inTopology } from '#sut/contracts/topology.ts'
import { bundledMix, dealt } from '#scenarios/mix.ts'
import { journeys } from '#scenarios/registry.ts'
import { slotBackend } from '#sut/descriptor.ts'
import { choices } from '#sut/designs/registry.ts'
import { experiments } from '../experiments/registry.ts'
import { actorsAtWork } from '../experiments/actors-at-work.ts'
import { suites } from '../experiments/suites.ts'
import { faults } from '../faults/registry.ts'
import type { Catalogue } from './catalogue.ts'
import { memoryWorld } from './memory-target.ts'
import { nearest } from './nearest.ts'
import { planRun, type PlanRequest } from './plan.ts'

const catalogue: Catalogue = {
  experiments,
  faults,
  journeys: Object.keys(journeys),
  profiles: ['steady', 'surge'],
  designs: ['standard', 'monolith'],
  // That there are checks with these is held where checks can be seen: cli/planted-bugs.test.ts.
  dangers: Object.values(experiments).flatMap(({ expectations }) => Object.keys(expectations.exercised ?? {})),
  targets: {
    memory: memoryWorld().target,
    weak: { ...memoryWorld({ capabilities: ['link.toxic'] }).target, name: 'weak' },
  },
  systemOf: (design) => inTopology(choices(design).topology, slotBackend),
}
const request = (changes: Partial<PlanRequest> = {}): PlanRequest => ({
  experiment: experiments['wallet-kill'],
  source: 'wallet-kill',
  target: 'memory',
  design: 'standard',
  ...changes,
})

function refusal(changes: Partial<PlanRequest>): Failure {
  try {
    planRun(request(changes), catalogue)
  } catch (error) {
    if (error instanceof Failure) return error
  }
  throw new Error('was not refused')
}

test.each(Object.keys(experiments))('%s can be planned, and ends within 2 minutes', (name) => {
  const plan = planRun(request({ experiment: experiments[name] }), catalogue)
  expect(plan.experiment.name).toBe(name)
  expect(plan.estimate_s).toBeLessThan(120)
})

test('every experiment of a suite is there, and quick takes at most 5 minutes', () => {
  for (const { experiments: names } of Object.values(suites))
    for (const name of names) expect(experiments).toHaveProperty(name)
  const lengths_s = suites['quick']!.experiments.map(
    (name) => planRun(request({ experiment: experiments[name] }), catalogue).estimate_s,
  )
  expect(lengths_s.reduce((sum, length_s) => sum + length_s, 0)).toBeLessThanOrEqual(300)
})

test.each([
  [{ mix: { player: 0.5, 'two-devices': 0.4 } }, /shares sum to 0.9, not to 1/],
  [{ mix: { player: 0.5, playr: 0.5 } }, /unknown journey 'playr'/],
  [{ mix: { player: 1 }, journey: 'player' }, /a mix or a journey, not both/],
])('who plays is checked: %j', (who, message) => {
  const experiment = { ...experiments['calm']!, load: { ...experiments['calm']!.load, ...who } }
  expect(() => planRun(request({ experiment }), catalogue)).toThrow(message)
})

test('with less load less must be met', () => {
  const expected = (load_percent: number) =>
    planRun(request({ experiment: experiments['calm'], load_percent }), catalogue).experiment.expectations.exercised
  expect(expected(100)).toEqual(actorsAtWork)
  expect(expected(40)).toEqual({ overlapping_transfers: 2, keys_sent_again: 1, attacks: 1, guesses_at_once: 1 })
})

test('the load is what the target bears, unless somebody says how much', () => {
  const load = (changes: Partial<PlanRequest>) =>
    planRun(request({ experiment: experiments['wallet-kill'], ...changes }), catalogue).experiment.load
  expect(load({})).toMatchObject({ rate_per_s: 24, players: 60 })
  expect(load({ load_percent: 200 })).toMatchObject({ rate_per_s: 48, players: 120 })
  // Of 50 players one is an operator, whose share is 2 %.
  expect(load({ load_percent: 25 })).toMatchObject({ rate_per_s: 6, players: 50 })
  expect(dealt(bundledMix, 50).filter((name) => name === 'operator')).toHaveLength(1)
  const bears_less = { ...catalogue.targets['memory']!, load_percent: 50 }
  const small = { ...catalogue, targets: { ...catalogue.targets, memory: bears_less } }
  const plan = planRun(request({ experiment: experiments['wallet-kill'] }), small)
  expect(plan.experiment.load).toMatchObject({ rate_per_s: 12, players: 50 })
})

test('defaults are filled in, options win, links come from the faults', () => {
  const plan = planRun(request({ experiment: experiments['database-link-down'], trials: 4, seed: 's' }), catalogue)
  expect(plan.experiment).toMatchObject({ trials: 4, load: { players: 80 } })
  expect(plan.seed).toBe('s')
  expect(plan.links).toEqual([{ from: 'wallet', to: 'postgres' }])
  expect(planRun(request(), catalogue).seed).not.toBe(planRun(request(), catalogue).seed)
})

test('violations are waived by a reason in words alone', () => {
  const { expectations, ...rest } = experiments['wallet-kill']!
  const waiving = (more: object) => ({ ...rest, expectations: { ...expectations, consistent: false, ...more } })
  expect(refusal({ experiment: waiving({}) }).message).toContain('/expectations/waives/consistent')
  expect(refusal({ experiment: waiving({ waives: { consistent: 'so' } }) }).message).toContain('/expectations/waives')
  const waives = { consistent: 'a design that loses commits' }
  expect(planRun(request({ experiment: waiving({ waives }) }), catalogue).experiment.expectations.waives).toEqual(
    waives,
  )
})

test('a stop condition that can never fire is refused', () => {
  const never = { ...experiments['wallet-kill']!, stop: { failed_share_max: 1, for_s: 5 } }
  expect(refusal({ experiment: never }).message).toContain('/stop/failed_share_max')
})

test('all problems are listed at once, each with its place', () => {
  const good = experiments['wallet-kill']!
  const experiment = {
    ...good,
    load: { ...good.load, journey: 'playr', profile: 'stedy' },
    faults: [
      { fault: 'process-kil', parameters: {}, hold_s: 0 },
      { fault: 'process-kill', parameters: { service: 'walet', count: 0 }, hold_s: 0 },
      { fault: 'region-outage', parameters: { region: 'z' } },
    ],
    expectations: { scales_out: [{ service: 'gatway', replicas_min: 2 }] },
  }
  const { code, message } = refusal({ experiment, design: 'nope' })
  expect(code).toBe('EXPERIMENT_INVALID')
  for (const part of [
    "unknown design 'nope'",
    "/load/journey: unknown journey 'playr'; did you mean 'player'?",
    "/load/profile: unknown profile 'stedy'; did you mean 'steady'?",
    "/faults/0: unknown fault 'process-kil'; did you mean 'process-kill'?",
    '/faults/1/parameters: /count',
    "/faults/2/parameters: unknown region 'z'",
    "/expectations/scales_out/0: unknown service 'gatway'; did you mean 'gateway'?",
  ])
    expect(message).toContain(part)
})

test('a file that is no experiment gets one sentence for each field', () => {
  const { code, message } = refusal({ experiment: { name: 'Upper', colour: 'red' }, source: './mine.json' })
  expect(code).toBe('EXPERIMENT_INVALID')
  expect(message).toMatch(/^\.\/mine\.json:\n {2}- /)
  expect(message).toContain('colour')
  expect(message).toContain('/name')
  for (const raw of [null, 7, [], 'text']) expect(refusal({ experiment: raw }).code).toBe('EXPERIMENT_INVALID')
})

test('one kind of problem keeps its own code', () => {
  expect(refusal({ design: 'nope' }).code).toBe('UNKNOWN_DESIGN')
  expect(refusal({ target: 'kind' }).code).toBe('TARGET_UNAVAILABLE')
  expect(refusal({ target: 'constructor' }).code).toBe('TARGET_UNAVAILABLE')
  const weak = refusal({ target: 'weak' })
  expect(weak.code).toBe('NOT_SUPPORTED_BY_TARGET')
  expect(weak.message).toContain('the target weak cannot do process.kill, which process-kill needs')
})

test('a monolith is refused for links that it does not have, by name', () => {
  const { code, message } = refusal({ experiment: experiments['link-latency-wallet'], design: 'monolith' })
  expect(code).toBe('EXPERIMENT_INVALID')
  expect(message).toContain(
    'game calls wallet within the process of a monolith: between them there is no link that could be broken',
  )
})

test('a monolith has its links to the stores, and what is expected of a part is expected of the whole', () => {
  const planned = (name: string) => planRun(request({ experiment: experiments[name], design: 'monolith' }), catalogue)
  expect(planned('database-link-down').links).toEqual([{ from: 'wallet', to: 'postgres' }])
  expect(planned('traffic-surge').experiment.expectations.scales_out).toEqual([
    { service: 'monolith', replicas_min: 2 },
  ])
  expect(planned('wallet-kill').experiment.faults).toEqual(planRun(request(), catalogue).experiment.faults)
})

test('without faults a length is needed, and one trial', () => {
  const calm = experiments['calm']!
  const { duration_s: _, ...load } = calm.load
  const { message } = refusal({ experiment: { ...calm, load }, trials: 2 })
  expect(message).toContain('/load/duration_s is needed')
  expect(message).toContain('/trials must be 1')
})

test('a guess is made only when it is close', () => {
  expect(nearest('walet-kill', ['wallet-kill', 'calm'])).toBe('wallet-kill')
  expect(nearest('something-else', ['wallet-kill', 'calm'])).toBeUndefined()
})
