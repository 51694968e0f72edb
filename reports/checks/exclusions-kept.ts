import { protected_after_ms } from '#sut/contracts/promises.ts'
import { askersOf } from '../model/askers.ts'
import { clocks_differ_ms } from '../model/clocks.ts'
import { caresOf, type Exclusion } from '../model/care.ts'
import { verdictOf, type Check } from './check.ts'
import { ended, linesOf, nameOf, type Operation } from './evidence.ts'
import { witnessOf } from './report.ts'

/** After an acknowledged exclusion no stake, no deposit and no session of the player begins. */
export const exclusionsKept: Check = {
  name: 'exclusions-kept',
  title: 'Who has excluded himself does not play, nor pay in',
  needs: ['history', 'state'],
  dangers: [
    {
      name: 'asked_while_excluded',
      what: 'stakes, deposits and sessions that were asked for after an acknowledged exclusion',
      brought_about_by: 'careful, also while faults are at work',
    },
    {
      name: 'exclusions_acknowledged',
      what: 'exclusions that were acknowledged, held against the event that tells of them',
      brought_about_by: 'careful',
    },
  ],
  run({ state }, evidence) {
    const verdict = verdictOf('exclusions-kept')
    const cares = caresOf(evidence)
    const inForce = (player_id: string, asked_ms: number): Exclusion | undefined =>
      cares
        .get(player_id)
        ?.exclusions.find(
          ({ known_ms, surely_until_ms }) => known_ms + protected_after_ms < asked_ms && asked_ms < surely_until_ms,
        )
    for (const operation of evidence.operations) {
      if (!begins.has(operation.kind)) continue
      const exclusion = inForce(operation.player_id, operation.invoke.at_ms)
      if (exclusion === undefined) continue
      verdict.examine()
      verdict.exercise('asked_while_excluded')
      // What moves money is judged by the books below: an answer may be that of an earlier request with the same key.
      if (operation.kind !== 'open_session' || !ended(operation, 'ok')) continue
      verdict.violate(() => witnessOf(operation, excluded(exclusion), evidence, [], [exclusion.operation]))
    }
    for (const transfer of state.transfer) {
      if (transfer.transfer_kind !== 'bet' && transfer.transfer_kind !== 'deposit') continue
      const { by, from_ms } = askersOf(transfer, evidence)
      const exclusion = inForce(transfer.player_id, from_ms)
      const [asker] = by
      if (exclusion === undefined || asker === undefined) continue
      verdict.violate(() => ({
        text: `The ${nameOf(asker)} ${excluded(exclusion)}.`,
        operations: [exclusion.operation, asker].flatMap(linesOf),
        entries: [transfer, ...(evidence.entriesByTransfer.get(transfer.transfer_id) ?? [])],
        fault: evidence.faultAt(asker.invoke.at_ms, asker.end?.at_ms),
      }))
    }
    const told = new Set(state.log.flatMap(({ event }) => (event.type === 'player.excluded' ? [event.player_id] : [])))
    for (const { exclusions } of cares.values())
      for (const { operation, known_ms, surely_until_ms } of exclusions) {
        if (!Number.isFinite(known_ms)) continue
        verdict.examine()
        verdict.exercise('exclusions_acknowledged')
        const what = wrongWith(operation, surely_until_ms, told)
        if (what !== null) verdict.violate(() => witnessOf(operation, what, evidence))
      }
    return verdict.outcome()
  },
}

const begins: ReadonlySet<string> = new Set(['spin', 'deposit', 'open_session'])
const excluded = ({ operation }: Exclusion): string =>
  `was served, and its player had excluded himself: ${nameOf(operation)} was acknowledged before it was asked`

function wrongWith(operation: Operation, surely_until_ms: number, told: ReadonlySet<string>): string | null {
  const shown = Number(operation.end!.value['excluded_until_ms'])
  if (!(shown >= surely_until_ms - clocks_differ_ms))
    return `was told that it ends at ${shown}, before the days that were asked for are over`
  return told.has(operation.player_id) ? null : 'was acknowledged, and no event tells of it'
}
