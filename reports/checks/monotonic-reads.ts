import { throughBothRegions } from './at-risk.ts'
import { verdictOf, type Check } from './check.ts'
import { faultOf, linesOf, nameOf } from './evidence.ts'
import { isSoon, readsAgainst } from './versions-seen.ts'

/** A later read of a player is never older than an earlier one: versions of the account never go back. */
export const monotonicReads: Check = {
  name: 'monotonic-reads',
  title: 'A player’s reads never go back',
  needs: ['history'],
  dangers: [
    {
      name: 'reads_soon_after_read',
      what: 'reads that were asked within a second of the answer to another read',
      brought_about_by: 'reader',
    },
    {
      name: 'reads_elsewhere_after_read',
      what: 'such reads that went through the other region than the one before',
      brought_about_by: 'reader',
    },
  ],
  run(_record, evidence) {
    const verdict = verdictOf('monotonic-reads')
    for (const { read, version, floor } of readsAgainst(evidence.operations, new Set(['balance']))) {
      verdict.examine()
      if (isSoon(read, floor?.by)) verdict.exercise('reads_soon_after_read')
      if (isSoon(read, floor?.by) && throughBothRegions(evidence, read, floor!.by))
        verdict.exercise('reads_elsewhere_after_read')
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
