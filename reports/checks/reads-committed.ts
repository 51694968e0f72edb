import { judgeBalance } from '../model/balance-reads.ts'
import { heldTimesOf } from '../model/held.ts'
import { historiesOf, judgeHistory } from '../model/history-reads.ts'
import { judgePayout } from '../model/payout-reads.ts'
import { emptyTimeline, timelinesOf } from '../model/timeline.ts'
import { verdictOf, type Check } from './check.ts'
import { ended, playerKey } from './evidence.ts'
import { witnessOf } from './report.ts'

/**
 * Each read shows a state that was committed: not older than anything that anybody was told of this account before it was asked, not
 * newer than what can have been asked for when it was answered.
 */
export const readsCommitted: Check = {
  name: 'reads-committed',
  title: 'Every read shows a state that was committed, and no older one than was known',
  about_money: true,
  needs: ['history', 'state'],
  dangers: [
    {
      name: 'reads_after_a_write',
      what: 'balances that were read when a write of the same account had been acknowledged before',
      brought_about_by: 'reader, and every actor that looks at a balance',
    },
    {
      name: 'reads_beside_a_write',
      what: 'balances that were read while a write of the same account was under way',
      brought_about_by: 'reader and two-devices',
    },
    {
      name: 'reads_with_money_on_hold',
      what: 'balances that were read while money was on hold',
      brought_about_by: 'reader and two-devices',
    },
    { name: 'payouts_read', what: 'payouts that were read', brought_about_by: 'reader' },
    { name: 'rounds_listed', what: 'rounds in histories that were read', brought_about_by: 'reader and player' },
  ],
  run(record, evidence) {
    const verdict = verdictOf('reads-committed')
    const timelines = timelinesOf(record.state, evidence)
    const held = heldTimesOf(record.state, evidence, timelines)
    const histories = historiesOf(record.state)
    for (const operation of evidence.operations) {
      const { kind, player_id, key, invoke } = operation
      if (!ended(operation, 'ok')) continue
      if (kind === 'payout' || kind === 'history') {
        verdict.examine()
        const found =
          kind === 'payout' ? judgePayout(operation, evidence) : judgeHistory(operation, evidence, histories)
        verdict.exercise(kind === 'payout' ? 'payouts_read' : 'rounds_listed', found.looked)
        if (found.what !== null) verdict.violate(() => witnessOf(operation, found.what!, evidence, found.entries))
      }
      if (kind !== 'balance' && kind !== 'ask_payout') continue
      const timeline = timelines.get(player_id) ?? emptyTimeline
      // The first of several with one key was answered with what it saw, and so are the others.
      const same = kind === 'balance' ? [] : (evidence.operationsByKey.get(playerKey(player_id, key ?? '')) ?? [])
      const from_ms = Math.min(invoke.at_ms, ...same.map((each) => each.invoke.at_ms))
      const found = judgeBalance(operation, from_ms, timeline, held.get(player_id) ?? [])
      verdict.examine()
      if (kind === 'balance') {
        const [fewest, most] = [timeline.fewest(from_ms), timeline.most(operation.end!.at_ms)]
        if (fewest > 0) verdict.exercise('reads_after_a_write')
        if (most > fewest) verdict.exercise('reads_beside_a_write')
        if (found.held) verdict.exercise('reads_with_money_on_hold')
      }
      if (found.what !== null)
        verdict.violate(() => witnessOf(operation, found.what!, evidence, found.entries, found.by ?? []))
    }
    return verdict.outcome()
  },
}
