import type { TSchema } from 'typebox'
import { experiment } from '#chaos/experiments/experiment.ts'
import { experiments } from '#chaos/experiments/registry.ts'
import { faults } from '#chaos/faults/registry.ts'
import { failures } from '#lib/errors.ts'
import { checks } from '#reports/checks/registry.ts'
import { resultSchemaText } from '#reports/record/result-schema.ts'
import { journeys, profiles } from '#scenarios/registry.ts'
import { problems } from '#sut/contracts/problems.ts'
import { plantedBugs } from '#sut/designs/planted-bugs.ts'
import { designs } from '#sut/designs/registry.ts'
import { programs } from '#toolchain/registry.ts'
import { describeRange } from '#toolchain/version.ts'

// docs/reference/ out of registries and schemas. reference.test.ts says when it is out of date, and writes it when asked to.

/** Text by file name. */
export function reference(): Record<string, string> {
  return {
    'errors.md': page('Errors', 'What a command can end with: code, exit code, hint.', errors()),
    'problems.md': page(
      'Problems',
      'What the API refuses with: code, status, whether the same request may succeed later.',
      [
        ...table(
          ['code', 'status', 'retry'],
          Object.entries(problems).map(([code, { status, retry }]) => [
            `\`${code}\``,
            String(status),
            retry ? 'yes' : 'no',
          ]),
        ),
      ],
    ),
    'experiment.md': page(
      'Experiment',
      'Every field of an experiment; other fields are refused.',
      schemaTable(experiment),
    ),
    'experiments.md': page('Experiments', 'What `npm run chaos -- NAME` knows.', list(Object.values(experiments))),
    'faults.md': page('Faults', 'What an experiment can use, with all parameters.', faultPages()),
    'checks.md': page('Checks', 'What must hold of the history and of the final state, in every run.', [
      ...table(
        ['check', '', 'needs'],
        checks.map(({ name, title, needs }) => [`\`${name}\``, title, needs.join(', ')]),
      ),
    ]),
    'dangers.md': page(
      'Dangers',
      'What each check is for, counted in every run: a check that met none of its dangers is NOT_EXERCISED. `expectations.exercised` of an experiment insists on them, as `danger`, or as `check.danger` where several checks have one of that name.',
      dangerPages(),
    ),
    'result.schema.json': resultSchemaText(),
    'load.md': page('Load', 'Journeys: what a player does. Profiles: how many arrive when.', [
      '## Journeys',
      '',
      ...list(Object.values(journeys)),
      '',
      '## Profiles',
      '',
      ...list(Object.values(profiles)),
    ]),
    'designs.md': page('Designs', 'What `--design NAME` knows.', designPages()),
    'programs.md': page(
      'Programs',
      'What is not an npm package: taken from PATH when the version fits, else prepared.',
      programPages(),
    ),
  }
}

function page(title: string, about: string, lines: readonly string[]): string {
  return [`# ${title}`, '', `${about} Generated: do not edit.`, '', ...lines, ''].join('\n')
}

function errors(): string[] {
  const rows = Object.entries(failures).map(([code, { exit, hint }]) => [`\`${code}\``, String(exit), hint])
  return table(['code', 'exit', 'hint'], rows)
}

const list = (items: readonly { name: string; title: string }[]): string[] =>
  table(
    ['name', ''],
    items.map(({ name, title }) => [`\`${name}\``, title]),
  )

function faultPages(): string[] {
  return Object.values(faults).flatMap(({ name, title, needs, parameters }) => [
    `## ${name}`,
    '',
    `${title}. The target must be able to: ${needs.map((each) => `\`${each}\``).join(', ')}.`,
    '',
    ...schemaTable(parameters),
    '',
  ])
}

function dangerPages(): string[] {
  const bugs = Map.groupBy(Object.values(plantedBugs), ({ caught_by }) => caught_by)
  return checks.flatMap(({ name, title, dangers }) => {
    const caught = (bugs.get(name) ?? []).map((bug) => code(bug.name)).join(', ')
    return [
      `## ${name}`,
      '',
      `${title}. Planted bugs that it must catch: ${caught || 'none yet'}.`,
      '',
      ...table(
        ['danger', 'what is counted', 'brought about by'],
        dangers.map((danger) => [code(danger.name), danger.what, danger.brought_about_by]),
      ),
      '',
    ]
  })
}

function designPages(): string[] {
  const choices = Object.values(designs).filter(({ planted_bug }) => !planted_bug)
  const bugs = Object.values(plantedBugs)
  return [
    '## Choices',
    '',
    ...table(
      ['design', ''],
      choices.map(({ name, title, description }) => [code(name), `${title}. ${description}`]),
    ),
    '',
    '## Planted bugs',
    '',
    'Each is a control of the harness (`npm run chaos -- controls`): in its experiment its check, or what the experiment expects, must turn the verdict red.',
    '',
    ...table(
      ['design', '', 'caught by', 'experiment', 'takes the place of'],
      bugs.map(({ name, title, description, caught_by, experiment: tried_in, replaces, sql }) => [
        code(name),
        `${title}. ${description}`,
        code(caught_by),
        code(tried_in),
        [...Object.keys(replaces).map(code), ...Object.keys(sql ?? {}).map((service) => `SQL of ${service}`)].join(
          ', ',
        ),
      ]),
    ),
  ]
}

function programPages(): string[] {
  return Object.values(programs).flatMap(({ name, accepted, pinned_version, ways, get_it }) => [
    `## ${name}`,
    '',
    `On PATH: ${describeRange(accepted)}. Pinned: ${pinned_version}.`,
    `Prepared ${ways.map((way) => `${way.name} (about ${way.typical_s} s)`).join(', else ')}. Or get it:`,
    '',
    ...get_it.map((each) => `- ${each}`),
    '',
  ])
}

/** One row a field, nested fields with dots. */
export function schemaTable(schema: TSchema): string[] {
  return table(['field', 'type', 'default', ''], fieldsOf(schema, ''))
}

/** What of JSON Schema our schemas use. */
interface Schema {
  type?: string
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  anyOf?: Schema[]
  const?: unknown
  enum?: unknown[]
  default?: unknown
  description?: string
  minimum?: number
  exclusiveMinimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  maxItems?: number
  pattern?: string
}

function fieldsOf({ properties = {}, required = [] }: Schema, prefix: string): string[][] {
  return Object.entries(properties).flatMap(([name, field]) => {
    const path = `${prefix}${name}`
    const fallback = field.default === undefined ? (required.includes(name) ? '' : 'optional') : code(field.default)
    const row = [`\`${path}\``, typeOf(field), fallback, field.description ?? '']
    if (field.properties !== undefined) return [row, ...fieldsOf(field, `${path}.`)]
    return [row, ...(field.items === undefined ? [] : fieldsOf(field.items, `${path}[].`))]
  })
}

function typeOf(schema: Schema): string {
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(' or ')
  if (schema.enum !== undefined) return schema.enum.map(code).join(' or ')
  if (schema.const !== undefined) return code(schema.const)
  const limits = [
    schema.exclusiveMinimum === undefined ? '' : `above ${schema.exclusiveMinimum}`,
    schema.minimum === undefined ? '' : `from ${schema.minimum}`,
    schema.maximum === undefined ? '' : `to ${schema.maximum}`,
    schema.maxLength === undefined ? '' : `at most ${schema.maxLength} characters`,
    schema.maxItems === undefined ? '' : `at most ${schema.maxItems}`,
    schema.pattern === undefined ? '' : code(schema.pattern),
  ].filter((each) => each !== '')
  const type =
    schema.type === 'array' && schema.items?.type !== undefined ? `array of ${schema.items.type}s` : schema.type
  return [type ?? 'any', ...limits].join(', ')
}

const code = (value: unknown): string => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)]
}
