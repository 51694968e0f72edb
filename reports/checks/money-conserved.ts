import type { StateOf } from '#sut/contracts/state.ts'
import { verdictOf, type Check } from './check.ts'
import { operationOf } from './applied-twice.ts'
import { linesOf } from './evidence.ts'

/** Double entry: every transfer is two entries that sum to zero, and every balance is the sum of its account's entries. */
export const moneyConserved: Check = {
  name: 'money-conserved',
  title: 'Money is neither made nor lost',
  needs: ['state'],
  dangers: [
    {
      name: 'transfers_during_fault',
      what: 'transfers that were made while a fault was at work',
      brought_about_by: 'every fault',
    },
    {
      name: 'transfers_in_crossing',
      what: 'transfers that were made while another operation moved money of the same player',
      brought_about_by: 'two-devices, same-key',
    },
  ],
  about_money: true,
  run(record, evidence) {
    const verdict = verdictOf('money-conserved')
    const { entry, account, transfer } = record.state
    verdict.examine(entry.length + account.length)

    for (const [transfer_id, entries] of evidence.entriesByTransfer) {
      const sum = total(entries)
      const known = evidence.transferById.get(transfer_id)
      if (sum === 0n && entries.length === 2 && known !== undefined) continue
      const what =
        known === undefined ? 'has entries but no transfer' : `has ${entries.length} entries, which sum to ${sum}`
      verdict.violate(() => {
        const operation = known === undefined ? undefined : operationOf(known, evidence)
        return {
          text: `Transfer ${transfer_id}${known === undefined ? '' : ` (key ${known.key})`} ${what}.`,
          operations: operation === undefined ? [] : linesOf(operation),
          entries: [known, ...entries.slice(0, 5)],
          fault: evidence.faultAt(known?.created_at_ms),
        }
      })
    }
    for (const line of transfer) {
      if (evidence.faultAt(line.created_at_ms) !== null) verdict.exercise('transfers_during_fault')
      const operation = operationOf(line, evidence)
      if (operation !== undefined && evidence.crossing.has(operation)) verdict.exercise('transfers_in_crossing')
      if (line.transfer_kind === 'tombstone' || evidence.entriesByTransfer.has(line.transfer_id)) continue
      verdict.violate(() => ({
        text: `Transfer ${line.transfer_id} (key ${line.key}) has no entries.`,
        entries: [line],
        fault: evidence.faultAt(line.created_at_ms),
      }))
    }
    const byAccount = Map.groupBy(entry, (line) => line.account)
    for (const line of account) {
      const sum = total(byAccount.get(line.account) ?? [])
      if (sum === BigInt(line.balance_minor)) continue
      verdict.violate(() => ({
        text: `Account ${line.account} has a balance of ${line.balance_minor}, its entries sum to ${sum}.`,
        entries: [line],
        fault: null,
      }))
    }
    return verdict.outcome()
  },
}

const total = (entries: readonly StateOf<'entry'>[]): bigint =>
  entries.reduce((sum, { amount_minor }) => sum + BigInt(amount_minor), 0n)
