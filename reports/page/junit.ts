import type { CheckState, ResultFile } from '../record/result.ts'
import { escapeXml } from './markup.ts'

interface TestCase {
  classname: string
  name: string
  /** FAIL becomes `failure`, INCONCLUSIVE `error`: neither lets a build be green. NOT_EXERCISED becomes `skipped`. */
  state: CheckState
  message: string
  text: string
}

/** JUnit's XML as Jenkins, GitLab and the Surefire schema take it: a suite for each run, a case for each expectation, each check, and the two other verdicts. */
export function junitXml(results: readonly ResultFile[]): string {
  const suites = results.map(suiteXml)
  const sum = (key: 'tests' | 'failures' | 'errors'): number => suites.reduce((total, suite) => total + suite[key], 0)
  const time_s = results.reduce((total, { run }) => total + run.duration_s, 0)
  const counts = { tests: sum('tests'), failures: sum('failures'), errors: sum('errors'), time: time_s.toFixed(3) }
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites${attributes({ name: 'slot-chaos', ...counts })}>
${suites.map(({ xml }) => xml).join('\n')}
</testsuites>
`
}

function suiteXml(result: ResultFile): { xml: string; tests: number; failures: number; errors: number } {
  const { run } = result
  const cases = casesOf(result)
  const failures = cases.filter(({ state }) => state === 'FAIL').length
  const errors = cases.filter(({ state }) => state === 'INCONCLUSIVE').length
  const skipped = cases.filter(({ state }) => state === 'NOT_EXERCISED').length
  const properties = {
    id: run.id,
    target: run.target,
    design: run.design,
    seed: run.seed,
    sentence: result.verdict.sentence,
  }
  const xml = `  <testsuite${attributes({
    name: run.experiment,
    tests: cases.length,
    failures,
    errors,
    skipped,
    time: run.duration_s.toFixed(3),
    timestamp: run.started_at.slice(0, 19), // the schema knows no zone: UTC
  })}>
    <properties>
${Object.entries(properties)
  .map(([name, value]) => `      <property${attributes({ name, value })}/>`)
  .join('\n')}
    </properties>
${cases.map(caseXml).join('\n')}
  </testsuite>`
  return { xml, tests: cases.length, failures, errors }
}

function casesOf({ run, verdict, consistency }: ResultFile): TestCase[] {
  const reasons = (about: string): string =>
    verdict.reasons
      .filter((reason) => reason.about === about)
      .map(({ text }) => text)
      .join('\n')
  const classname = (part: string): string => `slot-chaos.${run.experiment}.${part}`
  return [
    ...verdict.expectations.map(({ name, limit, measured, state }) => {
      return {
        classname: classname('expectations'),
        name,
        state,
        message: `${measured}; expected ${limit}`,
        text: verdict.sentence,
      }
    }),
    ...consistency.checks.map(({ name, title, state, violations, note }) => {
      const witnesses = consistency.violations.filter(({ kind }) => kind === name)
      return {
        classname: classname('checks'),
        name: `${name}: ${title}`,
        state,
        message: state === 'FAIL' ? `${violations} violations` : note,
        text: witnesses.map(({ witness }) => witnessText(witness)).join('\n\n'),
      }
    }),
    ...(['system', 'harness', 'cleanup'] as const).map((about) => {
      return {
        classname: classname('verdict'),
        name: about,
        state: verdict[about],
        message: verdict.sentence,
        text: reasons(about),
      }
    }),
  ]
}

function witnessText({
  text,
  operations,
  entries,
  fault,
}: ResultFile['consistency']['violations'][number]['witness']): string {
  const lines = (title: string, items: readonly unknown[]): string[] =>
    items.length === 0 ? [] : [`${title}:`, ...items.map((item) => JSON.stringify(item))]
  return [
    text,
    `fault: ${fault ?? 'none was active'}`,
    ...lines('history', operations),
    ...lines('state', entries),
  ].join('\n')
}

function caseXml({ classname, name, state, message, text }: TestCase): string {
  const open = `    <testcase${attributes({ classname, name, time: '0' })}`
  if (state === 'PASS') return `${open}/>`
  if (state === 'NOT_EXERCISED') return `${open}><skipped${attributes({ message })}/></testcase>`
  const element = state === 'FAIL' ? 'failure' : 'error'
  const body = text === '' ? message : text
  return `${open}>
      <${element}${attributes({ message, type: state })}>${escapeXml(body)}</${element}>
    </testcase>`
}

const attributes = (values: Record<string, string | number>): string =>
  Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value)).replaceAll(/[\n\t]/g, ' ')}"`)
    .join('')
