// Versions as these programs print them: numbers with dots. What follows the numbers (a pre-release, a build) is ignored.

/** `from` is included, `below` is not. */
export interface VersionRange {
  readonly from: string
  readonly below?: string
}

/** Negative when a is older than b; missing parts count as 0. */
export function compareVersions(a: string, b: string): number {
  const left = numbersOf(a)
  const right = numbersOf(b)
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

export function satisfies(version: string, { from, below }: VersionRange): boolean {
  return compareVersions(version, from) >= 0 && (below === undefined || compareVersions(version, below) < 0)
}

export const describeRange = ({ from, below }: VersionRange): string =>
  below === undefined ? `${from} or newer` : `${from} or newer, below ${below}`

function numbersOf(version: string): number[] {
  const numbers = /^\d+(\.\d+)*/.exec(version.replace(/^v/, ''))
  if (numbers === null) throw new RangeError(`not a version: ${version}`)
  return numbers[0].split('.').map(Number)
}
