import { Problem } from '#sut/contracts/problems.ts'

// What JSON can say and a store cannot keep as it was sent: PostgreSQL takes no NUL in a text, UTF-8 has no halves of surrogate pairs,
// and a number beyond the safe integers is another one when it comes back. Refused here, for all routes, before anything else looks at it.

/** Nothing of the API is deeper. */
const levels_max = 16

/** Whether every store keeps this text as it is. */
export const isKept = (text: string): boolean => text.isWellFormed() && !text.includes('\0')

/** Throws Problem malformed, with the place that is named. */
export function assertKept(place: string, value: unknown): void {
  const left: [value: unknown, level: number][] = [[value, 0]]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [part, level] = next
    if (typeof part === 'string' && !isKept(part)) throw malformed(place, 'NUL, or half of a surrogate pair')
    if (typeof part === 'number' && !isExact(part)) throw malformed(place, 'a number that cannot be kept exactly')
    if (typeof part !== 'object' || part === null) continue
    if (level === levels_max) throw malformed(place, `more than ${levels_max} levels`)
    for (const [name, inside] of Object.entries(part)) {
      if (!isKept(name)) throw malformed(place, 'NUL, or half of a surrogate pair, in a name')
      left.push([inside, level + 1])
    }
  }
}

const isExact = (number: number): boolean =>
  Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number))

const malformed = (place: string, what: string): Problem => new Problem('malformed', `${place} holds ${what}`)
