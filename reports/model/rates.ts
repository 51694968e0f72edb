import type { Evidence, Operation } from '../checks/evidence.ts'

// How often was asked: an upper bound of what a limit can have counted against an operation.

export interface Rates {
  /** Most operations, of its player or (who comes in shares an address) of all, that began within the windows of a limit. */
  most(operation: Operation, window_ms: number): number
}

export function ratesOf({ operations }: Evidence): Rates {
  const starts = Float64Array.from(operations, ({ invoke }) => invoke.at_ms).toSorted()
  const byPlayer = new Map<string, Float64Array>()
  for (const [player_id, own] of Map.groupBy(operations, (each) => each.player_id))
    byPlayer.set(player_id, Float64Array.from(own, ({ invoke }) => invoke.at_ms).toSorted())
  return {
    most({ player_id, kind, invoke, end }, window_ms) {
      const of = comesIn.has(kind) ? starts : (byPlayer.get(player_id) ?? starts)
      const to_ms = end?.at_ms ?? Infinity
      return upTo(of, to_ms) - upTo(of, invoke.at_ms - 2 * window_ms)
    },
  }
}

const comesIn: ReadonlySet<string> = new Set(['register', 'login', 'refresh', 'games'])

/** How many values are at most this. */
function upTo(values: Float64Array, at_ms: number): number {
  let low = 0
  let high = values.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (values[middle]! <= at_ms) low = middle + 1
    else high = middle
  }
  return low
}
