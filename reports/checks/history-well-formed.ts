import { publicRoutes } from '#sut/contracts/api.ts'
import type { HistoryLine } from '../record/format.ts'
import { verdictOf, type Check } from './check.ts'
import { nameOf } from './evidence.ts'

/** Whose player is known only with the answer. */
const comeIn: ReadonlySet<string> = new Set(['register', 'login', 'refresh'])

/**
 * The history is one that clients can write: each operation is invoked once, and then ends at most once, later, as what it was. Other
 * checks rest on that. An operation of a kind that the API does not have is one that nobody judges.
 */
export const historyWellFormed: Check = {
  name: 'history-well-formed',
  title: 'Each operation of the history is asked once, and ends once at most',
  needs: ['history'],
  dangers: [
    {
      name: 'operations_recorded',
      what: 'operations of the history',
      brought_about_by: 'every actor',
    },
  ],
  run({ history }, evidence) {
    const verdict = verdictOf('history-well-formed')
    for (const [id, lines] of Map.groupBy(history, ({ operation_id }) => operation_id)) {
      verdict.examine()
      verdict.exercise('operations_recorded')
      const what = wrongWith(lines)
      if (what === null) continue
      const { kind, player_id, key } = lines[0]!
      verdict.violate(() => ({
        text: `The ${nameOf({ kind, id, key, player_id })} ${what}.`,
        operations: lines,
        fault: evidence.faultAt(lines[0]!.at_ms, lines.at(-1)!.at_ms),
      }))
    }
    return verdict.outcome()
  },
}

function wrongWith(lines: readonly HistoryLine[]): string | null {
  const invokes = lines.filter(({ type }) => type === 'invoke')
  const ends = lines.filter(({ type }) => type !== 'invoke')
  const [invoke] = invokes
  const [end] = ends
  if (invoke === undefined) return `ended (${end!.type}) and was never asked`
  if (!Object.hasOwn(publicRoutes, invoke.kind)) return 'is of a kind that the API does not have'
  if (invokes.length > 1) return `was asked ${invokes.length} times`
  if (ends.length > 1)
    return `ended ${ends.length} times: ${ends
      .slice(0, 4)
      .map(({ type }) => type)
      .join(', ')}`
  if (end === undefined) return null
  if (end.at_ms < invoke.at_ms) return `ended ${invoke.at_ms - end.at_ms} ms before it was asked`
  if (end.kind !== invoke.kind) return `ended as a ${end.kind}`
  if (end.key !== invoke.key) return `ended with the key ${end.key ?? '(none)'}`
  const same = end.player_id === invoke.player_id || comeIn.has(invoke.kind)
  return same ? null : `ended as one of player ${end.player_id}`
}
