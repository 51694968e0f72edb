import { unnamed } from '../model/api-answers.ts'
import { duringFault } from './at-risk.ts'
import { verdictOf, type Check } from './check.ts'
import { attackOf, witnessOf } from './report.ts'

/**
 * Whatever is sent, and however often: each answer that is no success is one that the API names for that kind of operation. `internal`, a
 * status without a code, or a code with another status are faults of the system, also where nothing was lost and a client tries again.
 */
export const answersNamed: Check = {
  name: 'answers-named',
  title: 'Every refusal is one that the API names',
  needs: ['history'],
  dangers: [
    {
      name: 'attacks_answered',
      what: 'requests of an attacker that were answered: replays, forgeries, text that no store keeps, bodies of no right shape',
      brought_about_by: 'thief',
    },
    {
      name: 'refused_while_faulty',
      what: 'requests that were not served while a fault was at work',
      brought_about_by: 'every fault',
    },
  ],
  run(record, evidence) {
    const verdict = verdictOf('answers-named')
    for (const operation of evidence.operations) {
      if (operation.end === undefined) continue
      verdict.examine()
      if (attackOf(operation) !== undefined) verdict.exercise('attacks_answered')
      const refusals = record.refusals.get(operation.id) ?? []
      if (refusals.length > 0 && duringFault(evidence, operation)) verdict.exercise('refused_while_faulty')
      const wrong = refusals.map((refusal) => unnamed(operation.kind, refusal)).find((what) => what !== null)
      if (wrong !== undefined) verdict.violate(() => witnessOf(operation, `was answered ${wrong}`, evidence))
    }
    return verdict.outcome()
  },
}
