/** The known name that is closest to what was typed, when it is close: for `did you mean …?`. */
export function nearest(typed: string, known: readonly string[]): string | undefined {
  const limit = Math.max(2, Math.floor(typed.length / 3))
  const ranked = known
    .map((name) => ({ name, distance: distance(typed.toLowerCase(), name.toLowerCase()) }))
    .toSorted((one, other) => one.distance - other.distance)
  const [best] = ranked
  return best !== undefined && best.distance <= limit ? best.name : undefined
}

/** Beyond this a list is no help: `npm run chaos -- list` has all. */
const listed_max = 30

/** `unknown journey 'playr'; did you mean 'player'? There are player.` */
export function unknownName(kind: string, typed: string, known: readonly string[]): string {
  const close = nearest(typed, known)
  const guess = close === undefined ? '' : `did you mean '${close}'? `
  const more = known.length > listed_max ? `, and ${known.length - listed_max} more` : ''
  return `unknown ${kind} '${typed}'; ${guess}there are ${known.slice(0, listed_max).join(', ') || 'none'}${more}`
}

/** Levenshtein: the least number of letters to insert, delete or change. */
function distance(one: string, other: string): number {
  let previous = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let row = 1; row <= one.length; row++) {
    const current = [row]
    for (let column = 1; column <= other.length; column++) {
      const change = previous[column - 1]! + (one[row - 1] === other[column - 1] ? 0 : 1)
      current.push(Math.min(change, previous[column]! + 1, current[column - 1]! + 1))
    }
    previous = current
  }
  return previous[other.length]!
}
