import { verdictOf, type Check } from './check.ts'
import type { Operation } from './evidence.ts'
import { overlapping } from './under-way.ts'

const taking = new Set(['spin', 'withdraw', 'ask_payout'])
const refusedForFunds = ({ end }: Operation): boolean => end?.value['code'] === 'insufficient_funds'

/** No player ever owes: the balance after each entry of a player's account is at least 0. House accounts may be negative. */
export const noNegativeBalance: Check = {
  name: 'no-negative-balance',
  title: 'No player’s balance is ever negative',
  needs: ['state'],
  dangers: [
    {
      name: 'debits_in_crossing',
      what: 'operations that take money while another one takes some of the same account',
      brought_about_by: 'two-devices',
    },
    {
      name: 'refused_for_funds',
      what: 'operations that were refused because the account had too little',
      brought_about_by: 'two-devices, which races for the last money',
    },
  ],
  about_money: true,
  run({ state }, evidence) {
    const verdict = verdictOf('no-negative-balance')
    const debits = evidence.operations.filter(({ kind }) => taking.has(kind))
    const races = overlapping(Map.groupBy(debits, ({ player_id }) => player_id).values())
    verdict.exercise('debits_in_crossing', races.size)
    verdict.exercise('refused_for_funds', debits.filter(refusedForFunds).length)
    for (const entry of state.entry) {
      if (!entry.account.startsWith('player:')) continue
      verdict.examine()
      if (entry.balance_after_minor >= 0) continue
      verdict.violate(() => {
        const transfer = evidence.transferById.get(entry.transfer_id)
        const { account, version, balance_after_minor } = entry
        const by = transfer === undefined ? entry.transfer_id : `${transfer.transfer_kind} (key ${transfer.key})`
        return {
          text: `Account ${account} has ${balance_after_minor} after version ${version}, by ${by}.`,
          entries: [entry, transfer],
          fault: evidence.faultAt(transfer?.created_at_ms),
        }
      })
    }
    for (const account of state.account) {
      if (!account.account.startsWith('player:') || account.balance_minor >= 0) continue
      verdict.violate(() => ({
        text: `Account ${account.account} ends with ${account.balance_minor}.`,
        entries: [account],
        fault: null,
      }))
    }
    return verdict.outcome()
  },
}
