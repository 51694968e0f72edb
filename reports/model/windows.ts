import type { Operation } from '../checks/evidence.ts'

/** The most operations that lay within some time of this length, from the first invocation to the last answer. */
export function mostWithin(operations: readonly Operation[], within_ms: number): Operation[] {
  const answered = operations.flatMap((each) =>
    each.end === undefined ? [] : [{ each, from_ms: each.invoke.at_ms, to_ms: each.end.at_ms }],
  )
  const byStart = answered.toSorted((one, other) => one.from_ms - other.from_ms)
  let most: typeof answered = []
  for (const [index, { from_ms }] of byStart.entries()) {
    const inside: typeof answered = []
    for (let next = index; next < byStart.length && byStart[next]!.from_ms <= from_ms + within_ms; next++)
      if (byStart[next]!.to_ms <= from_ms + within_ms) inside.push(byStart[next]!)
    if (inside.length > most.length) most = inside
  }
  return most.toSorted((one, other) => one.to_ms - other.to_ms).map(({ each }) => each)
}
