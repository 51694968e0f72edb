import type { Argv, Options } from 'yargs'
import type { TargetOptions } from '#chaos/targets/target.ts'
import { Failure } from '#lib/errors.ts'
import { designs } from '#sut/designs/registry.ts'
import { catalogue } from './catalogue.ts'

// Options that several commands share. An option that is given twice, or is no number where one is wanted, is a wrong usage.

const flag = (describe: string) => ({ type: 'boolean', describe, default: false }) as const satisfies Options

const once =
  <T>(name: string, parse: (value: unknown) => T) =>
  (value: unknown): T | undefined => {
    if (Array.isArray(value)) throw new Failure('USAGE', `--${name} is given more than once`)
    return value === undefined ? undefined : parse(value)
  }

export function text(name: string, describe: string, defaultValue?: string) {
  const parse = (value: unknown): string => {
    if (typeof value === 'string' && value !== '') return value
    throw new Failure('USAGE', `--${name} needs a value`)
  }
  const shape = { type: 'string', describe, requiresArg: true } as const
  return { ...shape, coerce: once(name, parse), ...(defaultValue !== undefined && { default: defaultValue }) }
}

interface Bounds {
  min: number
  max: number
  integer?: boolean
}

export function number(name: string, describe: string, { min, max, integer = false }: Bounds, defaultValue?: number) {
  const kind = integer ? 'an integer' : 'a number'
  const parse = (value: unknown): number => {
    const parsed = typeof value === 'string' && value.trim() === '' ? Number.NaN : Number(value)
    if (Number.isFinite(parsed) && parsed >= min && parsed <= max && (!integer || Number.isInteger(parsed)))
      return parsed
    throw new Failure('USAGE', `--${name} must be ${kind} from ${min} to ${max}, not '${String(value)}'`)
  }
  // Not yargs' own numbers: it would make NaN of what is no number, and say nothing.
  const shape = { type: 'string', describe, requiresArg: true } as const
  return { ...shape, coerce: once(name, parse), ...(defaultValue !== undefined && { default: String(defaultValue) }) }
}

export const withTarget = <T>(yargs: Argv<T>) =>
  withPlace(yargs).option(
    'target',
    text('target', `Where the system runs: ${Object.keys(catalogue.targets).join(', ')}`, 'local'),
  )

/** What only some targets need to know: others are not told. */
const withPlace = <T>(yargs: Argv<T>) =>
  yargs
    .option('context', text('context', 'Context of the kubeconfig (target kubernetes); without it the current one'))
    .option('yes', flag('The context is confirmed (target kubernetes)'))
    .option('sandbox', flag('A Docker engine of our own in a network namespace without a way out (target kind, root)'))
    .option('offline', flag('Ask no container registry: build all images here (target kind)'))

export interface PlaceOptions {
  context?: string | undefined
  yes?: boolean
  sandbox?: boolean
  offline?: boolean
}

/** Throws Failure USAGE for what the target does not know. */
export function targetOptions(target: string, { context, yes, sandbox, offline }: PlaceOptions): TargetOptions {
  const given = {
    ...(context !== undefined && { context }),
    ...(yes === true && { yes }),
    ...(sandbox === true && { sandbox }),
    ...(offline === true && { offline }),
  }
  const known: Record<string, readonly string[]> = { kind: ['sandbox', 'offline'], kubernetes: ['context', 'yes'] }
  const foreign = Object.keys(given).filter((name) => known[target]?.includes(name) !== true)
  if (foreign.length === 0) return given
  throw new Failure('USAGE', `the target ${target} knows no ${foreign.map((name) => `--${name}`).join(', ')}`)
}

/** Options of every command that runs experiments. */
export const withRun = <T>(yargs: Argv<T>) =>
  withTarget(yargs)
    .option('trials', number('trials', 'Trials of each experiment', { min: 1, max: 100, integer: true }))
    .option('seed', text('seed', 'The same seed makes the same choices'))
    .option('out', text('out', 'Folder of the record and the reports; new or empty'))
    .option('ports', {
      ...number('ports', 'First port that the system may take', { min: 1024, max: 65_000, integer: true }),
      alias: 'ports-from',
    })
    .option('json', flag('Print result.json on stdout, and nothing else there'))

export const withLoad = <T>(yargs: Argv<T>) =>
  yargs.option(
    'load',
    number('load', "Per cent of the experiment's load; without it what the target bears", { min: 1, max: 1000 }),
  )

const chosen = Object.values(designs).flatMap(({ name, planted_bug }) => (planted_bug ? [] : [name]))

export const withDesign = <T>(yargs: Argv<T>) =>
  yargs.option(
    'design',
    text('design', `Design of the system: ${chosen.join(', ')}, a planted bug, or monolith+BUG`, 'standard'),
  )

export { flag }
