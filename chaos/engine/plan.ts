import { Failure, type FailureCode } from '#lib/errors.ts'
import { freshSeed } from '#lib/random.ts'
import { experiment as experimentSchema, type Experiment, type FaultUse } from '../experiments/experiment.ts'
import type { LinkSelector, Target, TargetOptions } from '../targets/target.ts'
import { mixOf, mixProblems, playersForAll, type Mix } from '#scenarios/mix.ts'
import type { SystemDescriptor } from '#sut/contracts/descriptor.ts'
import { callersIn, processesOf } from '#sut/contracts/topology.ts'
import type { Catalogue } from './catalogue.ts'
import { unknownName } from './nearest.ts'
import { validated } from './validate.ts'

export interface PlanRequest {
  /** As it was read: a file may hold anything. */
  experiment: unknown
  /** How errors call it: a name or a path. */
  source: string
  target: string
  design: string
  trials?: number | undefined
  seed?: string | undefined
  /** Of the load that the experiment names; without it the target's own. */
  load_percent?: number | undefined
  ports_from?: number | undefined
  /** What a person says about the place. */
  place?: TargetOptions
}

/** A run that can start: everything it names exists, and the target can do what its faults need. */
export interface Plan {
  experiment: Experiment & { load: { mix: Mix } }
  target: Target
  design: string
  seed: string
  ports_from?: number
  place: TargetOptions
  /** How much of the load that was named this experiment has. */
  load_percent: number
  links: LinkSelector[]
  /** Length of the load after its warm-up, at most. */
  load_s: number
  /** For people: how long the run will take, about. */
  estimate_s: number
}

interface Problem {
  code: FailureCode
  text: string
}

const start_s = 15
const end_s = 10
const verify_s = 10

/** Throws one Failure that lists every problem, not only the first. */
export function planRun(request: PlanRequest, catalogue: Catalogue): Plan {
  const { value: read, problems: schemaProblems } = validated<Experiment>(experimentSchema, withTrials(request))
  const target = own(catalogue.targets, request.target)
  const problems: Problem[] = schemaProblems.map((text) => ({ code: 'EXPERIMENT_INVALID', text }))
  if (target === undefined)
    problems.push({
      code: 'TARGET_UNAVAILABLE',
      text: unknownName('target', request.target, Object.keys(catalogue.targets)),
    })
  const known = catalogue.designs.includes(request.design)
  if (!known) problems.push({ code: 'UNKNOWN_DESIGN', text: unknownName('design', request.design, catalogue.designs) })
  if (read === undefined || target === undefined) throw failureOf(request.source, problems)

  const system = catalogue.systemOf(known ? request.design : 'standard')
  const faults = read.faults.map((use, index) => checkedFault(use, `/faults/${index}`, { catalogue, system, target }))
  problems.push(...faults.flatMap((fault) => fault.problems), ...namesOf(read, catalogue, system))
  if (problems.length > 0) throw failureOf(request.source, problems)
  const load_percent = request.load_percent ?? target.load_percent ?? 100
  const load = loadAt(load_percent, read.load)
  const expectations = expectedAt(load_percent, expectedOf(read.expectations, system))
  const experiment = { ...read, load, faults: faults.map(({ use }) => use), expectations }
  return {
    experiment,
    target,
    design: request.design,
    seed: request.seed ?? freshSeed(),
    ...(request.ports_from !== undefined && { ports_from: request.ports_from }),
    place: request.place ?? {},
    load_percent,
    links: faults.flatMap(({ links }) => links),
    load_s: loadLength_s(experiment),
    estimate_s: estimateLength_s(experiment),
  }
}

/** Who shares a process is scaled out with it: of such a service its host is expected what was expected of it. */
function expectedOf({ scales_out, ...others }: Experiment['expectations'], system: SystemDescriptor) {
  if (scales_out === undefined) return others
  const most = new Map<string, number>()
  for (const { service, replicas_min } of scales_out) {
    const name = processesOf(service, system)
    most.set(name, Math.max(replicas_min, most.get(name) ?? 0))
  }
  return { ...others, scales_out: [...most].map(([service, replicas_min]) => ({ service, replicas_min })) }
}

/** What must be met at least is said for the whole load: with less of it less is met, rounded down. */
function expectedAt(percent: number, { exercised, ...others }: Experiment['expectations']): Experiment['expectations'] {
  if (exercised === undefined) return others
  const met = Object.entries(exercised).map(([danger, least]) => [
    danger,
    Math.floor((least * Math.min(percent, 100)) / 100),
  ])
  return {
    ...others,
    exercised: Object.fromEntries(met.filter(([, least]) => Number(least) > 0)) as Record<string, number>,
  }
}

function withTrials({ experiment, trials }: PlanRequest): unknown {
  const isObject = typeof experiment === 'object' && experiment !== null && !Array.isArray(experiment)
  return isObject && trials !== undefined ? { ...experiment, trials } : experiment
}

/**
 * There are fewer players, or more. Never so few that a journey has no part, or a larger one than is said: then each plays less often.
 */
function loadAt(percent: number, { journey, mix: named, ...load }: Experiment['load']): Plan['experiment']['load'] {
  const mix = mixOf({ ...(journey !== undefined && { journey }), ...(named !== undefined && { mix: named }) })
  const least = Math.min(load.players, playersForAll(mix))
  return {
    ...load,
    mix,
    rate_per_s: (load.rate_per_s * percent) / 100,
    players: Math.max(Math.ceil((load.players * percent) / 100), least),
  }
}

interface CheckedFault {
  use: FaultUse
  links: LinkSelector[]
  problems: Problem[]
}

interface Setting {
  catalogue: Catalogue
  system: SystemDescriptor
  target: Target
}

function checkedFault(use: FaultUse, path: string, { catalogue, system, target }: Setting): CheckedFault {
  const fault = own(catalogue.faults, use.fault)
  if (fault === undefined) {
    const text = `${path}: ${unknownName('fault', use.fault, Object.keys(catalogue.faults))}`
    return { use, links: [], problems: [{ code: 'UNKNOWN_FAULT', text }] }
  }
  const missing = fault.needs.filter((need) => !target.capabilities.includes(need))
  const problems: Problem[] = missing.map((need) => ({
    code: 'NOT_SUPPORTED_BY_TARGET',
    text: `${path}: the target ${target.name} cannot do ${need}, which ${fault.name} needs`,
  }))
  const { value: parameters, problems: wrong } = validated<Record<string, unknown>>(fault.parameters, use.parameters)
  const sentences = parameters === undefined ? wrong : (fault.check?.(parameters, system) ?? [])
  problems.push(
    ...sentences.map((text): Problem => ({ code: 'EXPERIMENT_INVALID', text: `${path}/parameters: ${text}` })),
  )
  if (parameters === undefined) return { use, links: [], problems }
  return { use: { ...use, parameters }, links: fault.links(parameters), problems }
}

function whoPlays({ journey, mix }: Experiment['load'], { journeys }: Catalogue): string[] {
  if (journey !== undefined && mix !== undefined) return ['/load: a mix or a journey, not both']
  const named = Object.entries({ ...(journey !== undefined && { journey }) })
  const unknown = named.filter(([, name]) => !journeys.includes(name))
  return [
    ...unknown.map(([path, name]) => `/load/${path}: ${unknownName('journey', name, journeys)}`),
    ...Object.keys(mix ?? {})
      .filter((name) => !journeys.includes(name))
      .map((name) => `/load/mix: ${unknownName('journey', name, journeys)}`),
    ...(mix === undefined ? [] : mixProblems(mix).map((text) => `/load/mix: ${text}`)),
  ]
}

function namesOf(
  { load, faults, expectations, trials }: Experiment,
  catalogue: Catalogue,
  system: SystemDescriptor,
): Problem[] {
  const texts: string[] = []
  texts.push(...whoPlays(load, catalogue))
  if (!catalogue.profiles.includes(load.profile))
    texts.push(`/load/profile: ${unknownName('profile', load.profile, catalogue.profiles)}`)
  const services = callersIn(system).map(({ name }): string => name)
  for (const [index, { service }] of (expectations.scales_out ?? []).entries())
    if (!services.includes(service))
      texts.push(`/expectations/scales_out/${index}: ${unknownName('service', service, services)}`)
  if (!expectations.consistent && expectations.waives?.consistent === undefined)
    texts.push(
      '/expectations/consistent is false: /expectations/waives/consistent must say why violations are no failure',
    )
  for (const danger of Object.keys(expectations.exercised ?? {}))
    if (!catalogue.dangers.includes(danger))
      texts.push(`/expectations/exercised: ${unknownName('danger', danger, catalogue.dangers)}`)
  if (faults.length === 0 && load.duration_s === undefined)
    texts.push('/load/duration_s is needed when there are no faults: it is the length of the experiment')
  if (faults.length === 0 && trials > 1) texts.push('/trials must be 1 when there are no faults')
  return texts.map((text) => ({ code: 'EXPERIMENT_INVALID', text }))
}

function failureOf(source: string, problems: readonly Problem[]): Failure {
  const [first, ...rest] = problems
  const same = rest.every(({ code }) => code === first?.code)
  const code = first !== undefined && same ? first.code : 'EXPERIMENT_INVALID'
  const text =
    rest.length === 0 ? ` ${first?.text}` : `\n${problems.map((problem) => `  - ${problem.text}`).join('\n')}`
  return new Failure(code, `${source}:${text}`)
}

const holds_s = ({ faults }: Experiment): number => faults.reduce((longest, { hold_s }) => Math.max(longest, hold_s), 0)

/** Long enough for every trial to reach its limit; the engine stops the load when it is done with it. */
function loadLength_s(experiment: Experiment): number {
  const { faults, load, trials, recovery, steady_state } = experiment
  if (faults.length === 0) return load.duration_s!
  return steady_state.limit_s + trials * (holds_s(experiment) + faults.length * verify_s + recovery.limit_s) + 60
}

function estimateLength_s(experiment: Experiment): number {
  const { faults, load, trials, recovery, steady_state } = experiment
  const watched_s =
    faults.length === 0
      ? load.duration_s!
      : steady_state.for_s + trials * (holds_s(experiment) + 2 * recovery.good_s + 2)
  return Math.round(start_s + watched_s + end_s)
}

/** A name from outside must not find what every object has, such as `constructor`. */
export const own = <T>(record: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined
