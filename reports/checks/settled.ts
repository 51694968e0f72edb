import { noteOf } from '../record/record.ts'
import { verdictOf, type Check } from './check.ts'
import { looksWith } from './pending.ts'

/** After the load the system comes to rest by itself: no outbox row, open round or unread event is left. */
export const settled: Check = {
  name: 'settled',
  title: 'The system comes to rest after the load',
  needs: ['settle'],
  dangers: [
    {
      name: 'looks_with_work',
      what: 'looks at the running system that found work under way, which has to end',
      brought_about_by: 'every load',
    },
  ],
  run({ journal, observations }) {
    const verdict = verdictOf('settled')
    verdict.examine()
    verdict.exercise('looks_with_work', looksWith(undefined, observations))
    const text = noteOf(journal, 'not-settled')
    if (text === undefined) return verdict.outcome()
    const last = observations.findLast((line) => line.kind === 'sample')
    verdict.violate(() => ({
      text: `The system did not come to rest within its limit: ${text}`,
      entries: last === undefined ? [] : [{ kind: 'pending', at_ms: last.at_ms, ...last.pending }],
      fault: null,
    }))
    return verdict.outcome()
  },
}
