import type { Argv } from 'yargs'
import { injectOnce } from '#chaos/engine/inject-once.ts'
import { unknownName } from '#chaos/engine/nearest.ts'
import { own } from '#chaos/engine/plan.ts'
import { validated } from '#chaos/engine/validate.ts'
import type { Fault } from '#chaos/faults/fault.ts'
import { systemClock } from '#lib/clock.ts'
import { Failure } from '#lib/errors.ts'
import { freshSeed } from '#lib/random.ts'
import { catalogue } from '../catalogue.ts'
import { newRunId, outputFolder } from '../folders.ts'
import { number, text } from '../options.ts'
import { session } from '../session.ts'
import { theSystem } from '../systems.ts'

interface Options {
  fault: string
  param?: string[]
  for: number
  system?: string
  seed?: string
  out?: string
}

export const inject = {
  command: 'inject <fault>',
  describe: 'Inject a fault into a running system, hold it, revert it',
  builder: (yargs: Argv) =>
    yargs
      .positional('fault', { type: 'string', demandOption: true, describe: 'As in `list`' })
      .option('param', { type: 'string', array: true, requiresArg: true, describe: 'A parameter, as name=value' })
      .option('for', number('for', 'Seconds that it is held', { min: 0, max: 3600 }, 10))
      .option('system', text('system', 'Id of the system; not needed when there is only one'))
      .option('seed', text('seed', 'The same seed makes the same choices'))
      .option('out', text('out', 'Folder of the journal; new or empty')),
  handler: async (options: Options): Promise<void> => {
    const fault = own(catalogue.faults, options.fault)
    if (fault === undefined)
      throw new Failure('UNKNOWN_FAULT', unknownName('fault', options.fault, Object.keys(catalogue.faults)))
    const given = parsed(options.param ?? [])
    checked(fault, given, 'standard') // what no system has needs none that runs
    const status = await theSystem(options.system)
    const parameters = checked(fault, given, status.design)
    const missing = fault.needs.filter((need) => !own(catalogue.targets, status.target)!.capabilities.includes(need))
    if (missing.length > 0)
      throw new Failure('NOT_SUPPORTED_BY_TARGET', `the target ${status.target} cannot do ${missing.join(', ')}`)
    const id = newRunId(`inject-${fault.name}`, systemClock.wall_ms())
    const folder = outputFolder(options.out, id)
    using here = session()
    await using system = await own(catalogue.targets, status.target)!.connect(status.id)
    here.terminal.line(`${fault.name} · ${fault.title} · system ${status.id}`)
    await injectOnce(
      {
        system,
        target: status.target,
        design: status.design,
        fault,
        parameters,
        folder,
        id,
        hold_s: options.for,
        seed: options.seed ?? freshSeed(),
      },
      { clock: systemClock, progress: here.terminal.progress, signal: here.signal },
    )
    here.terminal.line('  reverted')
  },
}

/** `latency_ms=150` is a number, `service=wallet` a text: what is JSON is taken as such. */
export function parsed(params: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    params.map((param) => {
      const at = param.indexOf('=')
      if (at < 1) throw new Failure('USAGE', `--param needs name=value, not '${param}'`)
      const value = param.slice(at + 1)
      try {
        return [param.slice(0, at), JSON.parse(value) as unknown]
      } catch {
        return [param.slice(0, at), value]
      }
    }),
  )
}

function checked(fault: Fault, given: Record<string, unknown>, design: string): Record<string, unknown> {
  const { value, problems } = validated<Record<string, unknown>>(fault.parameters, given)
  const all = value === undefined ? problems : (fault.check?.(value, catalogue.systemOf(design)) ?? [])
  if (value !== undefined && all.length === 0) return value
  throw new Failure('FAULT_PARAMETERS_INVALID', `${fault.name}: ${all.join('; ')}`)
}
