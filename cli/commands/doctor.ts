import type { Argv } from 'yargs'
import { type Finding, type Findings, inspect } from '#toolchain/inspect.ts'
import { prepareAll } from '#toolchain/resolve.ts'

interface Options {
  prepare: boolean
  json: boolean
}

/** Exit code 0 when everything is there or can be prepared, 2 otherwise. */
export const doctor = {
  command: 'doctor',
  describe: 'Show what a run needs, what was found where, and what can be prepared',
  builder: (yargs: Argv) =>
    yargs
      .option('prepare', { type: 'boolean', default: false, describe: 'Prepare what is missing now' })
      .option('json', { type: 'boolean', default: false, describe: 'Print the findings as JSON' }),
  handler: async ({ prepare, json }: Options): Promise<void> => {
    if (prepare) {
      const progress = (text: string): void => console.error(text)
      await prepareAll(['redis', 'toxiproxy', 'nats-server', 'k6'], { progress })
    }
    const findings = await inspect()
    console.log(json ? JSON.stringify(findings, undefined, 2) : describeFindings(findings))
    if (!findings.ok) process.exitCode = 2
  },
}

export function describeFindings(findings: Findings): string {
  const { programs, machine, disk } = findings
  const rows = programs.map((each) => [each.name, each.wanted, each.version ?? '-', describeSource(each)])
  const gib = (mib: number): string => `${(mib / 1024).toFixed(1)} GiB`
  const about = [
    ['machine', `${machine.platform}, ${machine.cores} cores`],
    ['memory', `${gib(machine.memory_mib)}, ${gib(machine.free_memory_mib)} free`],
    ...disk.map(({ name, folder, free_mib, needed_mib }) => [
      `disk for ${name}`,
      `${gib(free_mib)} free in ${folder}${needed_mib > 0 ? `, ${gib(needed_mib)} needed to prepare` : ''}`,
    ]),
  ]
  return [
    ...align([['program', 'wanted', 'found', 'from'], ...rows]),
    '',
    ...align(about),
    '',
    ...programs.flatMap(describeMissing),
    findings.ok ? closing(programs) : 'Something is missing: see above.',
  ].join('\n')
}

function describeSource({ source, path, can_be_prepared, missing, optional }: Finding): string {
  const needed = optional === undefined ? '' : ` (${optional})`
  if (path !== undefined) return `${source === 'path' ? 'PATH' : source}: ${path}${needed}`
  if (can_be_prepared !== undefined) return `will be prepared ${can_be_prepared}${needed}`
  return `${missing === undefined || optional !== undefined ? 'not here' : 'MISSING'}${needed}`
}

function describeMissing({ name, missing, optional }: Finding): string[] {
  if (missing === undefined || optional !== undefined) return []
  const tried = missing.tried.filter((line) => line !== '').map((line) => `  tried ${line}`)
  return [`${name} is missing:`, ...tried, ...missing.get_it.map((line) => `  get it ${line}`), '']
}

function closing(programs: readonly Finding[]): string {
  const lacking = programs.filter(({ can_be_prepared, optional }) => can_be_prepared !== undefined && !optional)
  if (lacking.length === 0) return 'Everything is here.'
  return 'What is missing is prepared by the first run, or now by: npm run chaos -- doctor --prepare'
}

/** Columns as wide as their widest cell; the last one has no padding. */
function align(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  )
}
