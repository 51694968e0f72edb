import { posix } from 'node:path'
import { services } from './sut/contracts/descriptor.ts'
import { type Rule, type Source, isTest } from './repo-rules.ts'

export interface Import {
  line: number
  specifier: string
  /** Path in the repository; undefined for a package. */
  target?: string
}

export function importsOf({ path, text }: Source): Import[] {
  const pattern =
    /^\s*(?:import\b|export (?:type )?[*{])[^'"`;]*?from\s*'([^']+)'|^\s*import\s*'([^']+)'|\bimport\('([^']+)'\)/gm
  return [...text.matchAll(pattern)].map((match) => {
    const specifier = match[1] ?? match[2] ?? match[3] ?? ''
    const line = text.slice(0, match.index + match[0].length).split('\n').length
    if (specifier.startsWith('#')) return { line, specifier, target: specifier.slice(1) }
    if (specifier.startsWith('.')) return { line, specifier, target: posix.join(posix.dirname(path), specifier) }
    return { line, specifier }
  })
}

// Who may import whom, by the beginning of the path; the first line that fits counts.
const system = ['lib/', 'sut/contracts/', 'sut/designs/', 'sut/platform/']
const harness = [
  'lib/',
  'toolchain/',
  'sut/contracts/',
  'sut/descriptor.ts',
  'sut/designs/registry.ts',
  'scenarios/',
  'reports/record/',
  'chaos/',
]
const layers: readonly (readonly [string, readonly string[]])[] = [
  ['lib/', ['lib/']],
  ['toolchain/', ['lib/', 'toolchain/']],
  ['sut/contracts/', ['lib/', 'sut/contracts/']],
  ['sut/descriptor.ts', ['sut/contracts/']],
  ['sut/designs/', ['lib/', 'sut/contracts/', 'sut/designs/']],
  ['sut/platform/', system],
  ['sut/deployment/', [...system, 'sut/descriptor.ts', 'sut/deployment/']],
  ['sut/local/', [...system, 'toolchain/', 'sut/descriptor.ts', 'sut/deployment/', 'reports/record/', 'sut/local/']],
  // All services in one process.
  ['sut/monolith/', [...system, 'sut/monolith/', ...services.map((name) => `sut/${name}/wire.ts`)]],
  // Tests of all services together.
  ['sut/flow/', ['lib/', 'toolchain/', 'sut/']],
  ['chaos/targets/local/', [...harness, 'sut/deployment/', 'sut/local/']],
  ['chaos/targets/kubernetes/', [...harness, 'sut/deployment/', 'kind-cluster/manifests/']],
  ['chaos/targets/kind/', [...harness, 'sut/deployment/', 'kind-cluster/']],
  ['chaos/', harness],
  // What runs on a cluster is the system: manifests know its configuration, not its code.
  ['kind-cluster/manifests/', [...system, 'sut/descriptor.ts', 'sut/deployment/', 'kind-cluster/manifests/']],
  // The flags that services run with: their modules are compiled with the same.
  [
    'kind-cluster/images/',
    ['lib/', 'toolchain/', 'sut/descriptor.ts', 'sut/deployment/service-config.ts', 'kind-cluster/'],
  ],
  ['kind-cluster/', ['lib/', 'toolchain/', 'kind-cluster/']],
  ['reports/', ['lib/', 'sut/contracts/', 'reports/']],
  ['scenarios/', ['lib/', 'sut/contracts/', 'reports/record/', 'scenarios/']],
  ['cli/', [...harness, 'sut/designs/', 'reports/', 'cli/']],
]
/** Tests need real stores and programs, a cluster's engine and node image, and the port that load is started through. */
const testsMayImport = [
  'lib/',
  'toolchain/',
  'sut/local/',
  'sut/deployment/',
  'kind-cluster/sandbox/',
  'kind-cluster/offline/node-image.ts',
  'chaos/engine/load.ts',
]

export const dependencies: Rule = (sources) =>
  sources.flatMap((source) => {
    const allowed = allowedFor(source)
    return importsOf(source)
      .filter(({ target }) => target !== undefined && allowed !== undefined && !startsWithOne(target, allowed))
      .map(({ line, specifier }) => `${source.path}:${line}: may not import ${specifier}`)
  })

// k6 resolves its own modules and relative files only: this holds for all files that it reads, directly or not.
export const k6Imports: Rule = (sources) => {
  const read = sources.filter((source) => startsWithOne(source.path, scriptFolders) && !isTest(source))
  for (const source of read) {
    const targets = importsOf(source).map(({ target }) => target)
    read.push(...sources.filter((other) => targets.includes(other.path) && !read.includes(other)))
  }
  return read.flatMap((source) =>
    importsOf(source)
      .filter(
        ({ specifier, target }) => !/^(k6(\/|$)|\.)/.test(specifier) || target?.startsWith('scenarios/') === false,
      )
      .map(({ line, specifier }) => `${source.path}:${line}: k6 cannot import ${specifier}`),
  )
}

const scriptFolders = ['scenarios/k6/', 'scenarios/journeys/', 'scenarios/profiles/']

const startsWithOne = (path: string, beginnings: readonly string[]): boolean =>
  beginnings.some((each) => path.startsWith(each))

function allowedFor(source: Source): readonly string[] | undefined {
  const layer = layers.find(([folder]) => source.path.startsWith(folder))
  const service = /^sut\/[^/]+\//.exec(source.path)?.[0]
  const allowed = layer?.[1] ?? (service === undefined ? undefined : [...system, service])
  return isTest(source) ? allowed && [...allowed, ...testsMayImport] : allowed
}

// One file with one exported object, and one line of a registry.
const registries: readonly { files: RegExp; declares: RegExp; registry: readonly string[] }[] = [
  { files: /^chaos\/faults\//, declares: /^export const \w+: Fault\b/m, registry: ['chaos/faults/registry.ts'] },
  {
    files: /^chaos\/experiments\//,
    declares: /^export const \w+: Experiment\b/m,
    registry: ['chaos/experiments/registry.ts'],
  },
  { files: /^chaos\/probes\//, declares: /^export const \w+: Probe\b/m, registry: ['chaos/probes/registry.ts'] },
  { files: /^reports\/checks\//, declares: /^export const \w+: Check\b/m, registry: ['reports/checks/registry.ts'] },
  { files: /^scenarios\/journeys\//, declares: /^export const \w+: Journey\b/m, registry: ['scenarios/registry.ts'] },
  { files: /^scenarios\/profiles\//, declares: /^export const \w+: Profile\b/m, registry: ['scenarios/registry.ts'] },
  {
    files: /^sut\/designs\/bugs\//,
    declares: /^export const \w+: PlantedBug\b/m,
    registry: ['sut/designs/planted-bugs.ts'],
  },
  { files: /^cli\/commands\//, declares: /^ {2}command: /m, registry: ['cli/commands.ts', 'cli/main.ts'] },
]

export const registered: Rule = (sources) => {
  const importedBy = (paths: readonly string[]): Set<string | undefined> =>
    new Set(sources.filter(({ path }) => paths.includes(path)).flatMap((each) => importsOf(each).map((i) => i.target)))
  return registries.flatMap(({ files, declares, registry }) => {
    const known = importedBy(registry)
    return sources
      .filter((source) => files.test(source.path) && !isTest(source) && declares.test(source.text))
      .filter(({ path }) => !known.has(path))
      .map(({ path }) => `${path}:1: is not in ${registry.join(' or ')}`)
  })
}

// A judge that computes with the functions of the system does not see what is wrong in them. `reports` may import from its contracts
// types, and values that are data (schemas, tables): no function, no class, no namespace.
export const ownOracle: Rule = (sources) => {
  const textOf = new Map(sources.map(({ path, text }) => [path, text]))
  return sources
    .filter((source) => source.path.startsWith('reports/') && !isTest(source))
    .flatMap((source) =>
      valueImportsOf(source).flatMap(({ line, names, target }) =>
        names
          .filter((name) => name === '*' || computes(name, textOf.get(target) ?? ''))
          .map((name) => `${source.path}:${line}: judges with ${name} of ${target}: write it anew in reports/model`),
      ),
    )
}

/** Imports and re-exports from the contracts that are more than types: their names there, `*` for all of them. */
function valueImportsOf({ path, text }: Source): { line: number; names: string[]; target: string }[] {
  const pattern = /^\s*(?:import|export)\s+(?!type\b)([^'";]*?)\s*from\s*'([^']+)'|\bimport\('([^']+)'\)/gm
  return [...text.matchAll(pattern)].flatMap((match) => {
    const specifier = match[2] ?? match[3] ?? ''
    const target = specifier.startsWith('#') ? specifier.slice(1) : posix.join(posix.dirname(path), specifier)
    if (!target.startsWith('sut/')) return []
    const listed = /^\{([^}]*)\}$/.exec(match[1]?.trim() ?? '')?.[1]
    const names = listed?.split(',').map((each) => each.trim()) ?? ['*']
    const values = names.filter((each) => each !== '' && !each.startsWith('type ')).map((each) => each.split(' ')[0]!)
    return [{ line: text.slice(0, match.index + match[0].length).split('\n').length, names: values, target }]
  })
}

/** Whether a module declares this name as something that runs, or only passes it on, so that nobody can see. */
function computes(name: string, text: string): boolean {
  const declaration = `^export (?:const|let|async|function|class|abstract)\\b[^\\n=(]*\\b${name}\\b.*`
  const declared = new RegExp(declaration, 'm').exec(text)?.[0]
  if (declared === undefined) return true
  return /^export (async |function|class|abstract)|=>|= *(async *)?[(<]|= *(async )?function/.test(declared)
}
