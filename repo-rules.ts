import { dependencies, k6Imports, ownOracle, registered } from './repo-structure.ts'

// The rules of docs/ARCHITECTURE.md and CONTRIBUTING.md that a machine can hold. Each is a pure function from source texts
// to violations, so that each is seen to fail on a planted text (repo-rules.test.ts).

export interface Source {
  /** Relative to the root, with slashes. */
  path: string
  text: string
}

/** "path:line: what is wrong", one each. */
export type Rule = (sources: readonly Source[]) => string[]

/** Tests, and what only they use. */
export const isTest = ({ path }: Source): boolean => /\.test\.ts$|\/testing\/|(^|\/)fixture[^/]*\.ts$/.test(path)
/** These quote what they forbid. */
const isThisRuleBook = ({ path }: Source): boolean => /^repo-rules(\.test)?\.ts$/.test(path)

/** The numbers, from 1, of the lines that `look` is true for. */
function linesWhere(
  source: Source,
  look: (line: string, index: number, lines: readonly string[]) => boolean,
): number[] {
  const lines = source.text.split('\n')
  return lines.flatMap((line, index) => (look(line, index, lines) ? [index + 1] : []))
}

const withoutComment = (line: string): string => (/^\s*(\/\/|\/?\*)/.test(line) ? '' : line.replace(/\s\/\/\s.*$/, ''))

const fileLines: Rule = (sources) =>
  sources.flatMap((source) => {
    const lines = source.text.trimEnd().split('\n').length
    const limit = isTest(source) ? 400 : 250
    return lines > limit ? [`${source.path}:1: ${lines} lines, the limit is ${limit} (aim at 90)`] : []
  })

const function_lines_max = 70
const control = /^\s*(\} )?(if|else|for|while|switch|try|catch|finally|do|describe|class|interface|type)\b/
const opensFunction = /(=>|\)|\)\s*:.+) \{$/

/** const a = (…) => {, function a(…) {, a: (…) => {, a(…) {; not a(() => {, which is a call. */
const named = /^\s*(export )?(default )?(const \w+(: .+)? = |(async )?function |\w+: |(async )?\w+\((?!.*=> \{$))/

interface Block {
  start: number
  end: number
  title: string
  named: boolean
}

// On formatted code a block ends with the next closing brace at the indentation of its first line, and a head of several
// lines begins at the same indentation. The blocks of describe() are no functions to be read as one.
function functionsOf(lines: readonly string[]): Block[] {
  const isAt = (indent: string, line: string): boolean =>
    line.startsWith(indent) && /^\S/.test(line.slice(indent.length))
  return lines.flatMap((line, opening) => {
    if (!opensFunction.test(line)) return []
    const indent = /^\s*/.exec(line)![0]
    const continues = /^\s*[)}]/.test(line)
    const start = continues ? lines.findLastIndex((each, index) => index < opening && isAt(indent, each)) : opening
    const head = lines[start] ?? ''
    const end = lines.findIndex((each, index) => index > opening && each.startsWith(`${indent}}`))
    if (end === -1 || control.test(line) || control.test(head)) return []
    return [{ start, end, title: head.trim().slice(0, 50), named: named.test(head) }]
  })
}

// The lines of named functions inside a function count for themselves only: a factory that returns an object with methods
// is as good to read as a class with the same methods.
const functionLines: Rule = (sources) =>
  sources.flatMap((source) => {
    const functions = functionsOf(source.text.split('\n'))
    const inside = (outer: Block, inner: Block): boolean => outer.start < inner.start && inner.end < outer.end
    return functions.flatMap((each) => {
      const nested = functions.filter((other) => other.named && inside(each, other))
      const outermost = nested.filter((other) => !nested.some((another) => inside(another, other)))
      const elsewhere = outermost.reduce((sum, { start, end }) => sum + end - start, 0)
      const length = each.end - each.start + 1 - elsewhere
      return length >= function_lines_max
        ? [`${source.path}:${each.start + 1}: ${length} lines in "${each.title}"`]
        : []
    })
  })

// The formatter wraps code, but neither comments, which may be a little wider, nor a long text.
const lineWidth: Rule = (sources) =>
  sources.flatMap((source) =>
    linesWhere(source, (line) => {
      const limit = withoutComment(line) === '' ? 140 : 120
      return line.length > limit && !/(['"`])(?:(?!\1).){50,}/.test(line)
    }).map((line) => `${source.path}:${line}: wider than 120 columns (a comment: 140)`),
  )

const fileNames: Rule = (sources) =>
  sources.flatMap(({ path }) => {
    const parts = path.replace(/\.ts$/, '').split('/')
    const vague = parts.find((part) => /^(utils?|helpers?|types|common|misc)(\.|$)/.test(part))
    if (vague !== undefined) return [`${path}:1: "${vague}" says nothing: name what is in it`]
    if (parts.at(-1) === 'index') return [`${path}:1: no barrels: import the file that has it`]
    const odd = parts.find((part) => !/^\.?[a-z0-9]+([-.][a-z0-9]+)*$/.test(part))
    return odd === undefined ? [] : [`${path}:1: "${odd}" is not kebab-case`]
  })

/** A rule that a pattern may not occur in code. */
function forbid(pattern: RegExp, why: string, applies: (source: Source) => boolean): Rule {
  return (sources) =>
    sources
      .filter((source) => applies(source) && !isThisRuleBook(source))
      .flatMap((source) =>
        linesWhere(source, (line) => pattern.test(withoutComment(line))).map(
          (line) => `${source.path}:${line}: ${why}`,
        ),
      )
}

const outsideLib = ({ path }: Source): boolean => !path.startsWith('lib/')

const randomness = forbid(/\bMath\.random\b/, 'Math.random: use lib/random.ts with the seed of the run', () => true)

const time = forbid(
  /\bDate\.now\b|\bnew Date\(\)/,
  'time comes from the clock that is handed in (lib/clock.ts)',
  (source) => outsideLib(source) && !source.path.startsWith('scenarios/k6/'),
)

const timersPromises = forbid(/node:timers\/promises/, 'wait for a condition (lib/wait.ts)', outsideLib)

// A timer is allowed where it is no sleep, and says so: "// timer: …" on its line or within three lines above.
const timers: Rule = (sources) =>
  sources
    .filter((source) => outsideLib(source) && !isThisRuleBook(source))
    .flatMap((source) =>
      linesWhere(source, (line, index, lines) => {
        if (!/(?<![.\w])setTimeout\(/.test(withoutComment(line))) return false
        const explained = lines.slice(Math.max(0, index - 3), index + 1).some((each) => each.includes('// timer: '))
        return source.path.endsWith('.test.ts') || !explained
      }).map((line) => `${source.path}:${line}: setTimeout: wait for a condition, or say why in "// timer: …"`),
    )

const plainTypeScript = forbid(
  /^\s*(export )?(declare )?(const )?enum \w|^\s*(export )?(declare )?namespace \w|^\s*@[A-Za-z]\w*(\(|\s|$)/,
  'no enums, namespaces or decorators',
  () => true,
)

const barrels = forbid(/^\s*export \* from/, 'no barrels: import the file that has it', () => true)

const unfinished = forbid(/\b(TODO|FIXME|XXX)\b/, 'finish it, or file an issue', () => true)
/** Comments count here, so this one looks at whole lines. */
const unfinishedAnywhere: Rule = (sources) => unfinished(sources.map(uncommented))
const uncommented = ({ path, text }: Source): Source => ({ path, text: text.replaceAll(/(^|\s)(\/\/|\/?\*+)/gm, '$1') })

export const rules: Readonly<Record<string, Rule>> = {
  'files are short': fileLines,
  'functions are under 70 lines': functionLines,
  'lines are at most 120 columns': lineWidth,
  'names say what is inside': fileNames,
  'randomness comes from the seed': randomness,
  'time comes from the clock': time,
  'nothing sleeps a fixed time': timers,
  'nothing sleeps a fixed time (promises)': timersPromises,
  'TypeScript that node runs as it is': plainTypeScript,
  'no barrels': barrels,
  'nothing is left unfinished': unfinishedAnywhere,
  'imports follow the dependency rule': dependencies,
  'judges compute by themselves': ownOracle,
  'k6 can read what it imports': k6Imports,
  'every part is in its registry': registered,
}
