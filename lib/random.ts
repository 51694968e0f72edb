import { createHash, randomUUID } from 'node:crypto'

/** Seeded randomness. The same seed gives the same choices; a fork by name is independent of how much was drawn before. */
export interface Random {
  readonly seed: string
  /** Uniform in [0, 1). */
  next(): number
  /** Uniform integer in [0, below). */
  integer(below: number): number
  pick<T>(items: readonly T[]): T
  /** `count` different items, in random order. */
  sample<T>(items: readonly T[], count: number): T[]
  fork(name: string): Random
}

/** sfc32 (Doty-Humphrey, PractRand), seeded with SHA-256 of the text. */
export function random(seed: string): Random {
  const hash = createHash('sha256').update(seed).digest()
  let a = hash.readInt32LE(0)
  let b = hash.readInt32LE(4)
  let c = hash.readInt32LE(8)
  let counter = 1
  const word = (): number => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    return sum >>> 0
  }
  for (let warmUp = 0; warmUp < 15; warmUp++) word()

  const next = (): number => (word() * 2 ** 21 + (word() >>> 11)) / 2 ** 53
  const integer = (below: number): number => Math.floor(next() * below)
  return {
    seed,
    next,
    integer,
    pick: (items) => {
      if (items.length === 0) throw new RangeError('pick from nothing')
      return items[integer(items.length)] as (typeof items)[number]
    },
    sample: (items, count) => {
      const rest = [...items]
      return Array.from({ length: Math.min(count, rest.length) }, () => rest.splice(integer(rest.length), 1)[0]!)
    },
    fork: (name) => random(`${seed}/${name}`),
  }
}

/** A fresh seed for a run whose user gave none: short enough to be typed again. */
export const freshSeed = (): string => randomUUID().slice(0, 8)

/** An identifier that need not be reproducible. */
export const newId = (): string => randomUUID()
