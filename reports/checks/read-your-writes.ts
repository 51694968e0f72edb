import { throughBothRegions } from './at-risk.ts'
import { verdictOf, type Check } from './check.ts'
import { faultOf, linesOf, nameOf } from './evidence.ts'
import { isSoon, readsAgainst } from './versions-seen.ts'

/** Reads of a balance hold every spin, deposit and confirmed payout that was acknowledged to the same player before the read was asked. */
export const readYourWrites: Check = {
  name: 'read-your-writes',
  title: 'A player always reads what was acknowledged before',
  needs: ['history'],
  dangers: [
    {
      name: 'reads_soon_after_write',
      what: 'reads that were asked within a second of the answer to a write',
      brought_about_by: 'reader, two-devices',
    },
    {
      name: 'reads_elsewhere_after_write',
      what: 'such reads that went through the other region than the write',
      brought_about_by: 'reader, two-devices',
    },
  ],
  run(_record, evidence) {
    const verdict = verdictOf('read-your-writes')
    for (const { read, version, floor } of readsAgainst(
      evidence.operations,
      new Set(['spin', 'deposit', 'confirm_payout']),
    )) {
      verdict.examine()
      if (isSoon(read, floor?.by)) verdict.exercise('reads_soon_after_write')
      if (isSoon(read, floor?.by) && throughBothRegions(evidence, read, floor!.by))
        verdict.exercise('reads_elsewhere_after_write')
      if (floor === undefined || version >= floor.version) continue
      verdict.violate(() => ({
        text: `The ${nameOf(read)} saw version ${version}, after version ${floor.version} had been acknowledged by ${nameOf(floor.by)}.`,
        operations: [...linesOf(floor.by), ...linesOf(read)],
        fault: faultOf(evidence, read),
      }))
    }
    return verdict.outcome()
  },
}
