import type { StateOf } from '#sut/contracts/state.ts'
import { verdictOf, type Check } from './check.ts'
import { depositKey, ended, faultOf, linesOf, nameOf, playerKey, type Evidence, type Operation } from './evidence.ts'

/** What was refused for good did not happen: no transfer of a refused deposit, no completed round of a refused spin. */
export const failNotApplied: Check = {
  name: 'fail-not-applied',
  title: 'What was refused was not done',
  needs: ['history', 'state'],
  run(_record, evidence) {
    const verdict = verdictOf('fail-not-applied')
    for (const operation of evidence.operations) {
      if (!ended(operation, 'fail') || operation.key === undefined) continue
      const others = evidence.operationsByKey.get(playerKey(operation.player_id, operation.key)) ?? []
      // The key was used by someone else too, who may have been the one that it was done for.
      if (others.some((other) => other !== operation && !ended(other, 'fail'))) continue
      verdict.examine()
      const done = doneBy(operation, evidence)
      if (done.length === 0) continue
      verdict.violate(() => ({
        text: `The ${nameOf(operation)} was refused (${codeOf(operation)}) and done all the same.`,
        operations: linesOf(operation),
        entries: done,
        fault: faultOf(evidence, operation),
      }))
    }
    return verdict.outcome()
  },
}

function codeOf({ end }: Operation): string {
  const code = end?.value['code']
  return typeof code === 'string' ? code : 'no code'
}

function doneBy({ kind, player_id, key }: Operation, evidence: Evidence): StateOf<'transfer' | 'round'>[] {
  if (kind === 'deposit') return evidence.transfersByKey.get(depositKey(player_id, key!)) ?? []
  if (kind !== 'spin') return []
  const rounds = evidence.roundsByKey.get(playerKey(player_id, key!)) ?? []
  return rounds.filter(({ status }) => status === 'completed')
}
