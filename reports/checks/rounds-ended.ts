import type { StateOf } from '#sut/contracts/state.ts'
import { answerLost, duringFault } from './at-risk.ts'
import { verdictOf, type Check } from './check.ts'
import { betKey, linesOf, playerKey, type Evidence } from './evidence.ts'

/** Every round is over, and its money too: a completed one has its bet and its win, a cancelled one nothing in the end. */
export const roundsEnded: Check = {
  name: 'rounds-ended',
  title: 'Every round has ended, with the money that belongs to its end',
  needs: ['state', 'rest'],
  dangers: [
    {
      name: 'spins_unanswered',
      what: 'spins whose client got no answer: somebody else has to end the round',
      brought_about_by: 'faults that end processes or cut links; impatient',
    },
    {
      name: 'resolver_ended',
      what: 'rounds that the resolver ended, because their request had left them behind',
      brought_about_by:
        'faults that end processes or cut links; two-devices and careful, whose refused bets it takes back',
    },
    {
      name: 'resolver_paid',
      what: 'such rounds that were paid: the bet stood, and the win was still owed',
      brought_about_by: 'faults that end the game or the wallet, or cut links between them',
    },
    {
      name: 'bets_taken_back',
      what: 'bets that stood and were rolled back',
      brought_about_by: 'faults that end the game or the wallet, or cut links between them',
    },
    {
      name: 'bets_refused_in_advance',
      what: 'bets that were rolled back before they came: they must be refused when they do',
      brought_about_by: 'faults on the way to the wallet; two-devices and careful, whose bets are refused',
    },
    {
      name: 'spins_during_fault',
      what: 'spins that were under way while a fault was at work',
      brought_about_by: 'every fault',
    },
  ],
  about_money: true,
  run({ state }, evidence) {
    const verdict = verdictOf('rounds-ended')
    for (const operation of evidence.operations) {
      if (operation.kind !== 'spin') continue
      if (answerLost(operation)) verdict.exercise('spins_unanswered')
      if (duringFault(evidence, operation)) verdict.exercise('spins_during_fault')
    }
    for (const { transfer_kind } of state.transfer) {
      if (transfer_kind === 'rollback') verdict.exercise('bets_taken_back')
      if (transfer_kind === 'tombstone') verdict.exercise('bets_refused_in_advance')
    }
    for (const round of state.round) {
      verdict.examine()
      if (round.resolved === true) verdict.exercise('resolver_ended')
      if (round.resolved === true && round.status === 'completed') verdict.exercise('resolver_paid')
      const what = wrongWith(round, evidence)
      if (what === null) continue
      const operation = evidence.operationsByKey.get(playerKey(round.player_id, round.key))?.[0]
      const of = operation === undefined ? '' : ` of operation ${operation.id}`
      verdict.violate(() => ({
        text: `Round ${round.round_id} (key ${round.key})${of} of player ${round.player_id} ${what}.`,
        operations: operation === undefined ? [] : linesOf(operation),
        entries: [round, ...(evidence.transfersByRound.get(round.round_id) ?? []).slice(0, 4)],
        fault: evidence.faultAt(operation?.invoke.at_ms, operation?.end?.at_ms),
      }))
    }
    return verdict.outcome()
  },
}

function wrongWith(round: StateOf<'round'>, { transfersByRound }: Evidence): string | null {
  const transfers = transfersByRound.get(round.round_id) ?? []
  const sum = (kind: StateOf<'transfer'>['transfer_kind']): bigint =>
    transfers.reduce((total, line) => total + (line.transfer_kind === kind ? BigInt(line.amount_minor) : 0n), 0n)
  const tombstone = transfers.find((line) => line.transfer_kind === 'tombstone')
  if (tombstone !== undefined) {
    if (tombstone.key !== betKey(round.round_id)) return `has a tombstone with the key ${tombstone.key}`
    if (tombstone.amount_minor !== round.stake_minor) return `has a tombstone of ${tombstone.amount_minor}`
    if (round.status !== 'cancelled') return `is ${round.status}, and its bet was refused in advance`
    if (sum('bet') > 0n) return 'has a bet that had been refused in advance'
  }
  const staked = sum('bet') - sum('rollback')
  if (round.status === 'cancelled') {
    const net = staked - sum('win')
    return net === 0n ? null : `is cancelled, and the player is out by ${net}`
  }
  if (round.status !== 'completed') return `has not ended: it is ${round.status}`
  if (staked !== BigInt(round.stake_minor))
    return `is completed with a stake of ${round.stake_minor}, ${staked} was paid`
  if (round.win_minor === null) return 'is completed without a win'
  return sum('win') === BigInt(round.win_minor) ? null : `won ${round.win_minor}, ${sum('win')} was paid out`
}
