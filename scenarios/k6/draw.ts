/** Uniform in [0, 1), a new number at each call. */
export type Draw = () => number

/**
 * Seeded numbers that depend on the seed and the name alone, never on how much was drawn elsewhere: FNV-1a of the text starts
 * a splitmix32 sequence (Steele, Lea, Flood: Fast splittable pseudorandom number generators). No imports: k6 and Node run it.
 */
export function draws(seed: string, name: string | number): Draw {
  let state = 0x811c9dc5
  for (const character of `${seed}/${name}`) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x01000193)
  return () => {
    state = (state + 0x9e3779b9) | 0
    let word = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    word = Math.imul(word ^ (word >>> 15), 0x735a2d97)
    return ((word ^ (word >>> 15)) >>> 0) / 2 ** 32
  }
}

export function pick<T>(draw: Draw, items: readonly T[]): T {
  if (items.length === 0) throw new RangeError('pick from nothing')
  return items[Math.floor(draw() * items.length)] as T
}

/** A whole number, both ends included. */
export const between = (draw: Draw, { from, to }: { from: number; to: number }): number =>
  from + Math.floor(draw() * (to - from + 1))

/** One of the names, by weight. */
export function weighted<Name extends string>(draw: Draw, weights: Readonly<Record<Name, number>>): Name {
  const names = Object.keys(weights) as Name[]
  let rest = draw() * names.reduce((sum, name) => sum + weights[name], 0)
  for (const name of names) {
    rest -= weights[name]
    if (rest < 0) return name
  }
  return names.at(-1) as Name
}

/** A text of hexadecimal digits. */
export function hex(draw: Draw, digits: number): string {
  return Array.from({ length: digits }, () => Math.floor(draw() * 16).toString(16)).join('')
}
