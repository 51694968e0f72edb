import { verdictOf, type Check } from './check.ts'
import { faultOf, linesOf, nameOf } from './evidence.ts'
import { readsAgainst } from './versions-seen.ts'

/** A later read of a player is never older than an earlier one: versions of the account never go back. */
export const monotonicReads: Check = {
  name: 'monotonic-reads',
  title: 'A player’s reads never go back',
  needs: ['history'],
  run(_record, evidence) {
    const verdict = verdictOf('monotonic-reads')
    for (const { read, version, floor } of readsAgainst(evidence.operations, new Set(['balance']))) {
      verdict.examine()
      if (floor === undefined || version >= floor.version) continue
      verdict.violate(() => ({
        text: `The ${nameOf(read)} saw version ${version}, after version ${floor.version} had been read by ${nameOf(floor.by)}.`,
        operations: [...linesOf(floor.by), ...linesOf(read)],
        fault: faultOf(evidence, read),
      }))
    }
    return verdict.outcome()
  },
}
