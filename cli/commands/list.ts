import type { Argv } from 'yargs'
import type { TSchema } from 'typebox'
import { suites } from '#chaos/experiments/suites.ts'
import { describe as describeScenarios } from '#scenarios/registry.ts'
import { designs } from '#sut/designs/registry.ts'
import { catalogue } from '../catalogue.ts'
import { flag } from '../options.ts'

/** Straight from the registries. */
export const list = {
  command: 'list',
  describe: 'Show experiments, suites, faults, designs, targets, journeys and profiles',
  builder: (yargs: Argv) => yargs.option('json', flag('Print it as JSON')),
  handler: ({ json }: { json: boolean }): void => {
    const sections = sectionsOf()
    console.log(json ? JSON.stringify(sections, null, 2) : sections.map(sectionText).join('\n\n'))
  },
}

interface Section {
  kind: string
  items: { name: string; title: string; details?: string[] }[]
}

function sectionsOf(): Section[] {
  const scenarios = (wanted: 'journey' | 'profile') =>
    describeScenarios().flatMap(({ kind, name, title }) => (kind === wanted ? [{ name, title }] : []))
  return [
    { kind: 'experiments', items: Object.values(catalogue.experiments).map(({ name, title }) => ({ name, title })) },
    {
      kind: 'suites',
      items: Object.values(suites).map(({ name, title, experiments }) => ({
        name,
        title,
        details: [experiments.join(', ')],
      })),
    },
    {
      kind: 'faults',
      items: Object.values(catalogue.faults).map(({ name, title, parameters }) => ({
        name,
        title,
        details: parametersOf(parameters),
      })),
    },
    {
      kind: 'designs',
      items: Object.values(designs).map(({ name, title }) => ({ name, title })),
    },
    {
      kind: 'targets',
      items: Object.values(catalogue.targets).map(({ name, capabilities }) => ({
        name,
        title: `can do ${capabilities.join(', ')}`,
      })),
    },
    { kind: 'journeys', items: scenarios('journey') },
    { kind: 'profiles', items: scenarios('profile') },
  ]
}

interface Property {
  description?: string
  default?: unknown
}

function parametersOf(schema: TSchema): string[] {
  const { properties, required = [] } = schema as unknown as {
    properties: Record<string, Property>
    required?: string[]
  }
  return Object.entries(properties).map(([name, { description = '', default: standard }]) => {
    const needed =
      standard === undefined ? (required.includes(name) ? 'needed' : 'optional') : `default ${JSON.stringify(standard)}`
    return `${name} (${needed}): ${description}`
  })
}

function sectionText({ kind, items }: Section): string {
  const width = Math.max(...items.map(({ name }) => name.length))
  const lines = items.flatMap(({ name, title, details = [] }) => [
    `  ${name.padEnd(width)}  ${title}`,
    ...details.map((detail) => `  ${' '.repeat(width)}    ${detail}`),
  ])
  return [kind, ...lines].join('\n')
}
