import type { Argv } from 'yargs'
import { Failure } from '#lib/errors.ts'
import { gateAgainst } from '#reports/gate/baseline.ts'
import type { ResultFile } from '#reports/record/result.ts'
import { designs } from '#sut/designs/registry.ts'
import { catalogue } from '../catalogue.ts'
import { number, withLoad, withRun } from '../options.ts'
import { readExperiments } from '../read-experiment.ts'
import { planAll, runAll, type RunOptions } from '../run-experiments.ts'
import { session } from '../session.ts'

interface Options extends Omit<RunOptions, 'design'> {
  repeat: number
  out?: string
  json: boolean
}

export interface Control {
  title: string
  ok: boolean
  text: string
  /** What a miss of it would be: of a bug that is there, or an alarm without one. */
  about: 'sensitivity' | 'false-alarm'
}

const bugs = Object.values(designs).flatMap(({ name, planted_bug }) => (planted_bug ? [name] : []))

/** Exit code 0 when every planted bug was found and nothing else was; 1 otherwise. */
export const controls = {
  command: 'controls',
  describe: 'Is the harness itself to be trusted? Two calm runs must not differ, planted bugs must be found',
  builder: (yargs: Argv) =>
    withLoad(withRun(yargs)).option(
      'repeat',
      number('repeat', 'How often each control is run', { min: 1, max: 20, integer: true }, 1),
    ),
  handler: async ({ repeat, out, json, trials = 2, ...options }: Options): Promise<void> => {
    const read = (name: string) => readExperiments([name], catalogue, [])
    const [calm, kill] = [await read('calm'), await read('wallet-kill')]
    const round = [
      ...planAll([...calm, ...calm], { ...options, design: 'standard' }),
      ...bugs.flatMap((design) => planAll(kill, { ...options, trials, design })),
    ]
    const plans = Array.from({ length: repeat }, () => round).flat()
    using here = session()
    const { results, failure, not_undone } = await runAll({ plans, name: 'controls', out, ...here })
    here.terminal.clear()
    const rounds = Array.from({ length: repeat }, (_, index) =>
      results.slice(index * round.length, (index + 1) * round.length),
    )
    const found = rounds.flatMap((each) => controlsOf(each))
    console.log(json ? JSON.stringify(found, null, 2) : controlsText(found))
    if (not_undone.length > 0) throw new Failure('NOT_UNDONE', not_undone.join('; '))
    if (failure !== undefined) throw failure
    process.exitCode = found.every(({ ok }) => ok) ? 0 : 1
  },
}

/** Of one round: two calm runs, then one run for each planted bug. */
export function controlsOf([one, other, ...planted]: readonly ResultFile[]): Control[] {
  const calm = [one, other].flatMap((result): Control[] =>
    result === undefined
      ? []
      : [
          {
            title: 'a calm run passes',
            about: 'false-alarm',
            ok: result.verdict.system === 'PASS',
            text: result.verdict.sentence,
          },
        ],
  )
  const same: Control[] = one !== undefined && other !== undefined ? [sameControl(one, other)] : []
  const bug = planted.map((result): Control => {
    const [first] = result.consistency.violations
    return {
      title: `the planted bug ${result.run.design} is found`,
      about: 'sensitivity',
      ok: result.verdict.system === 'FAIL' && first !== undefined,
      text: first?.witness.text ?? 'no violation was found',
    }
  })
  return [...calm, ...same, ...bug]
}

function sameControl(one: ResultFile, other: ResultFile): Control {
  const { ok, differences } = gateAgainst(other, one)
  const worse = differences.filter(({ change }) => change === 'worse')
  const text = worse.map(({ name, baseline, run }) => `${name}: ${baseline}, then ${run}`).join('; ')
  return {
    title: 'a run is no worse than its twin',
    about: 'false-alarm',
    ok,
    text: text || 'no difference beyond noise',
  }
}

export function controlsText(found: readonly Control[]): string {
  const lines = found.map(({ ok, title, text }) => `${ok ? 'ok  ' : 'MISS'}  ${title}: ${text}`)
  const share = (about: Control['about'], wanted: boolean): string => {
    const of = found.filter((control) => control.about === about)
    return `${of.filter(({ ok }) => ok === wanted).length} of ${of.length}`
  }
  return [
    ...lines,
    `sensitivity: ${share('sensitivity', true)} planted bugs found`,
    `false alarms: ${share('false-alarm', false)} calm controls`,
  ].join('\n')
}
