// A witness is for a person to read, and thousands of them go into one document: whatever a record holds, none is longer than this.

export const sentence_characters_max = 800
export const lines_max = 8
const cell_characters_max = 200
const items_max = 24

/** A text of so many characters at most, cut in its middle: its ends say most. */
export function shortened(text: string, characters_max: number): string {
  if (text.length <= characters_max) return text
  const half = Math.floor((characters_max - 1) / 2)
  return `${text.slice(0, half)}…${text.slice(text.length - half)}`
}

/** The first lines, without those that are undefined, each with short texts and lists. */
export const boundedLines = (lines: readonly (object | undefined)[] = []): object[] =>
  lines
    .filter((line) => line !== undefined)
    .slice(0, lines_max)
    .map((line) => bounded(line, 0) as object)

function bounded(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return shortened(value, cell_characters_max)
  if (typeof value !== 'object' || value === null) return value
  if (depth === depth_max) return '…'
  if (Array.isArray(value)) return value.slice(0, items_max).map((each) => bounded(each, depth + 1))
  const fields = Object.entries(value).slice(0, items_max)
  return Object.fromEntries(
    fields.map(([name, each]) => [shortened(name, cell_characters_max), bounded(each, depth + 1)]),
  )
}

/** What a line holds lies at most so deep. */
const depth_max = 4
