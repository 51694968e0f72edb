import type { StateOf } from '#sut/contracts/state.ts'
import { operationOf } from './applied-twice.ts'
import { verdictOf, type Check } from './check.ts'
import { linesOf, type Evidence } from './evidence.ts'

type Transfer = StateOf<'transfer'>

/** Into the player's account, or out of it; a tombstone moves nothing. */
const signs: Readonly<Record<Transfer['transfer_kind'], 1 | -1 | 0>> = {
  deposit: 1,
  win: 1,
  rollback: 1,
  bet: -1,
  withdrawal: -1,
  tombstone: 0,
}

/** Every transfer is what its entries did: its amount, in its direction, on its player's account, against the house. */
export const entriesMatchTransfers: Check = {
  name: 'entries-match-transfers',
  title: 'Every entry does what its transfer says',
  about_money: true,
  needs: ['state'],
  dangers: [
    {
      name: 'money_in',
      what: 'transfers into a player’s account',
      brought_about_by: 'deposits, wins and rollbacks of every actor',
    },
    {
      name: 'money_out',
      what: 'transfers out of a player’s account',
      brought_about_by: 'spins and payouts of every actor',
    },
  ],
  run({ state }, evidence) {
    const verdict = verdictOf('entries-match-transfers')
    for (const transfer of state.transfer) {
      verdict.examine()
      const sign = signs[transfer.transfer_kind]
      if (sign !== 0) verdict.exercise(sign > 0 ? 'money_in' : 'money_out')
      const entries = evidence.entriesByTransfer.get(transfer.transfer_id) ?? []
      const what = differenceOf(transfer, entries)
      if (what === null) continue
      verdict.violate(() => {
        const operation = operationOf(transfer, evidence)
        const { transfer_id, key, transfer_kind, amount_minor, player_id, created_at_ms } = transfer
        return {
          text: `Transfer ${transfer_id} (key ${key}), ${transfer_kind} ${amount_minor} of player ${player_id}, ${what}.`,
          operations: operation === undefined ? [] : linesOf(operation),
          entries: [transfer, ...entries, ...roundOf(transfer, evidence)],
          fault: evidence.faultAt(created_at_ms),
        }
      })
    }
    return verdict.outcome()
  },
}

const roundOf = ({ round_id }: Transfer, { roundById }: Evidence): object[] =>
  [roundById.get(round_id ?? '') ?? []].flat()

function differenceOf(transfer: Transfer, entries: readonly StateOf<'entry'>[]): string | null {
  const { transfer_kind, player_id, amount_minor, round_id, game_id } = transfer
  const sign = signs[transfer_kind]
  if (sign === 0) return entries.length === 0 ? null : `moves nothing, and has ${entries.length} entries`
  if (amount_minor <= 0) return 'moves nothing'
  const ofRound = transfer_kind === 'bet' || transfer_kind === 'win' || transfer_kind === 'rollback'
  if (ofRound !== (round_id !== null) || ofRound !== (game_id !== null)) return ofRound ? 'has no round' : 'has a round'
  if (ofRound && transfer.key !== `${transfer_kind}:${round_id}`)
    return `does not have the key of its round ${round_id}`
  if (entries.length !== 2) return `has ${entries.length} entries`
  const own = entries.filter(({ account }) => account === `player:${player_id}`)
  const others = entries.filter(({ account }) => !account.startsWith('player:'))
  if (own.length !== 1 || others.length !== 1) {
    const accounts = entries.map(({ account }) => account).join(' and ')
    return `moves money of ${accounts}`
  }
  if (own[0]!.amount_minor !== sign * amount_minor) return `moves ${own[0]!.amount_minor} on its player’s account`
  return others[0]!.amount_minor === -sign * amount_minor
    ? null
    : `moves ${others[0]!.amount_minor} on ${others[0]!.account}`
}
