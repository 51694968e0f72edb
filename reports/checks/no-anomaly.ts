import type { StateOf } from '#sut/contracts/state.ts'
import { anomaliesOf, type Anomaly } from '../model/anomalies.ts'
import { verdictOf, type Check } from './check.ts'
import { linesOf, type Evidence, type Operation } from './evidence.ts'
import { ledgerHistory } from './ledger-lists.ts'
import { movesMoney, overlapping } from './under-way.ts'

const shown_max = 4

/**
 * Transfers and reads of balances, in the order of the ledger and of real time, could have happened one after the other: none of the
 * anomalies G0, G1a, G1b, G1c, G-single, lost update or G2 (Adya), found as cycles of dependencies.
 */
export const noAnomaly: Check = {
  name: 'no-anomaly',
  title: 'Transfers and reads of balances could have happened one after the other',
  needs: ['history', 'state'],
  dangers: [
    {
      name: 'overlapping_transfers',
      what: 'operations that moved money while another one moved money of the same player',
      brought_about_by: 'two-devices, same-key',
    },
    {
      name: 'overlapping_reads',
      what: 'reads of a balance while another operation of the same player moved or read it',
      brought_about_by: 'two-devices, reader',
    },
  ],
  about_money: true,
  run(record, evidence) {
    const verdict = verdictOf('no-anomaly')
    const history = ledgerHistory(record, evidence)
    verdict.examine(history.transactions.length)
    verdict.exercise('overlapping_transfers', evidence.crossing.size)
    verdict.exercise('overlapping_reads', overlappingReads(evidence))
    const { found, more } = anomaliesOf(history)
    const report = ({ kind, realtime, transactions, text }: Anomaly): void =>
      verdict.violate(() => {
        const sources = transactions.slice(0, shown_max).map((index) => history.sources[index])
        const entries = sources.filter((each) => each !== undefined && 'kind' in each && each.kind === 'transfer')
        const operations = sources.filter((each): each is Operation => each !== undefined && 'invoke' in each)
        return {
          text: `${kind}${realtime ? ' against real time' : ''}: ${text}.`,
          operations: operations.flatMap(linesOf),
          entries,
          fault: faultOf(sources, evidence),
        }
      })
    for (const anomaly of found) report(anomaly)
    for (let left = more; left > 0; left--)
      verdict.violate(() => ({ text: 'One more cycle of transfers.', fault: null }))
    return verdict.outcome()
  },
}

function overlappingReads({ operations }: Evidence): number {
  const touching = operations.filter((each) => movesMoney(each) || each.kind === 'balance')
  const found = overlapping(Map.groupBy(touching, ({ player_id }) => player_id).values())
  return [...found].filter(({ kind }) => kind === 'balance').length
}

function faultOf(sources: readonly (StateOf<'transfer'> | Operation | undefined)[], evidence: Evidence): string | null {
  const [first] = sources
  if (first === undefined) return null
  return evidence.faultAt('invoke' in first ? first.invoke.at_ms : first.created_at_ms)
}
