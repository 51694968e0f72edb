import { verdictOf, type Check } from './check.ts'

/** No player ever owes: the balance after each entry of a player's account is at least 0. House accounts may be negative. */
export const noNegativeBalance: Check = {
  name: 'no-negative-balance',
  title: 'No player’s balance is ever negative',
  needs: ['state'],
  run({ state }, evidence) {
    const verdict = verdictOf('no-negative-balance')
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
