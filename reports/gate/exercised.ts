import type { CheckState, ResultFile } from '../record/result.ts'
import type { Expectation } from './expectations.ts'
import { count, listed, plural, times } from './words.ts'

type Consistency = ResultFile['consistency']
type JudgedCheck = Consistency['checks'][number]

/**
 * What an experiment insists on: each danger met at least so often. Too seldom is no failure of the system; the run has not shown
 * what it is for.
 */
export function exercisedAtLeast(
  wanted: Readonly<Record<string, number>>,
  { checks }: Pick<Consistency, 'checks'>,
): Expectation[] {
  return Object.entries(wanted).map(([danger, minimum]) => {
    const [name, check] = danger.split('.').toReversed() as [string, string?]
    const having = checks.filter((each) => check === undefined || each.name === check)
    const found = having.find(({ exercised = {} }) => Object.hasOwn(exercised, name))
    const met = found?.exercised?.[name]
    const enough = met !== undefined && met >= minimum
    const measured = met === undefined ? whyUncounted(having, danger) : `met ${times(met)}`
    return {
      name: `danger ${danger}`,
      limit: `met at least ${times(minimum)}`,
      measured: enough ? measured : `${measured}, at least ${count(minimum)} wanted`,
      state: enough ? 'PASS' : 'INCONCLUSIVE',
    }
  })
}

function whyUncounted(checks: readonly JudgedCheck[], danger: string): string {
  const open = checks.filter(({ state }) => state === 'INCONCLUSIVE')
  return open.length === 0
    ? `no check counts ${danger}`
    : `not counted, because ${listed(open.map(({ name }) => name))} could not be made`
}

/** By name, those in a state. */
export const inState = ({ checks }: Pick<Consistency, 'checks'>, state: CheckState): string[] =>
  checks.flatMap((check) => (check.state === state ? [check.name] : []))

const words: readonly [CheckState, string][] = [
  ['FAIL', 'failed'],
  ['NOT_EXERCISED', 'not exercised'],
  ['INCONCLUSIVE', 'could not be made'],
]

/** `18 checks: 15 passed, 1 not exercised (holds-end), 2 could not be made (phantom and settled)`: what a PASS rests on. */
export function checksText(consistency: Pick<Consistency, 'checks'>): string {
  const parts = words.flatMap(([state, word]) => {
    const names = inState(consistency, state)
    return names.length === 0 ? [] : [`${names.length} ${word} (${listed(names)})`]
  })
  const passed = inState(consistency, 'PASS').length
  return `${plural(consistency.checks.length, 'check')}: ${[`${passed} passed`, ...parts].join(', ')}`
}
