import { verdictOf, type Check } from './check.ts'
import { operationOf } from './applied-twice.ts'
import { askedFor, type Evidence } from './evidence.ts'
import { movesMoney, overlapping } from './under-way.ts'

/** Nothing happened to a player of this run that nobody asked for. Rollbacks and tombstones are the system's own. */
export const phantom: Check = {
  name: 'phantom',
  title: 'Nothing was done that nobody asked for',
  needs: ['history', 'state'],
  dangers: [
    {
      name: 'players_at_once',
      what: 'transfers of a player that were made while another player moved money',
      brought_about_by: 'every load with more than one player',
    },
    {
      name: 'attacks_on_money',
      what: 'operations of a thief that ask for money: nothing may come of them',
      brought_about_by: 'thief',
    },
  ],
  about_money: true,
  run({ state }, evidence) {
    const verdict = verdictOf('phantom')
    const players = new Set(evidence.operations.map(({ player_id }) => player_id))
    const crowd = overlapping([evidence.operations.filter(movesMoney)])
    verdict.exercise('attacks_on_money', attacksOnMoney(evidence))
    for (const transfer of state.transfer) {
      const { transfer_id, key, transfer_kind, player_id, amount_minor, created_at_ms } = transfer
      if (!players.has(player_id) || transfer_kind === 'rollback' || transfer_kind === 'tombstone') continue
      verdict.examine()
      const operation = operationOf(transfer, evidence)
      if (operation !== undefined && crowd.has(operation)) verdict.exercise('players_at_once')
      if (operation !== undefined) continue
      verdict.violate(() => ({
        text: `Transfer ${transfer_id} (key ${key}), ${transfer_kind} ${amount_minor} of player ${player_id}, belongs to no operation.`,
        entries: [transfer, ...(evidence.entriesByTransfer.get(transfer_id) ?? [])],
        fault: evidence.faultAt(created_at_ms),
      }))
    }
    for (const hold of state.hold) {
      const { hold_id, key, player_id, amount_minor, created_at_ms } = hold
      if (!players.has(player_id)) continue
      verdict.examine()
      if (askedFor(hold, evidence).length > 0) continue
      verdict.violate(() => ({
        text: `Hold ${hold_id} (key ${key}) of ${amount_minor} of player ${player_id} belongs to no operation.`,
        entries: [hold],
        fault: evidence.faultAt(created_at_ms),
      }))
    }
    return verdict.outcome()
  },
}

const attacksOnMoney = ({ operations }: Evidence): number =>
  operations.filter((operation) => movesMoney(operation) && operation.invoke.value['attack'] !== undefined).length
