import { sentAgain } from './at-risk.ts'
import { verdictOf, type Check } from './check.ts'
import { captureKey, depositKey, ended, faultOf, linesOf, nameOf, numberIn, payoutOf, playerKey } from './evidence.ts'
import type { Evidence, Operation } from './evidence.ts'
import type { StateOf } from '#sut/contracts/state.ts'

// Fields of an answer that name what happened: equal in every answer to the same key.
const lasting = [
  'transfer_id',
  'round_id',
  'payout_id',
  'win_minor',
  'stake_minor',
  'balance_minor',
  'version',
] as const

/** All answers to one key are the same, and are what the ledger has. */
export const answersAgree: Check = {
  name: 'answers-agree',
  title: 'The same key gets the same answer, and the ledger says the same',
  needs: ['history', 'state'],
  dangers: [
    {
      name: 'answered_twice',
      what: 'keys that were answered more than once',
      brought_about_by: 'same-key, impatient; player, which sends some spins twice at once',
    },
    {
      name: 'answered_in_crossing',
      what: 'answers that were made while another operation moved money of the same account',
      brought_about_by: 'two-devices, same-key',
    },
    {
      name: 'answered_after_retry',
      what: 'answers to a question that had been sent before',
      brought_about_by: 'client retries during faults',
    },
  ],
  about_money: true,
  run(_record, evidence) {
    const verdict = verdictOf('answers-agree')
    const report = (
      operation: Operation,
      what: string,
      entries: readonly (object | undefined)[],
      others: Operation[] = [],
    ) =>
      verdict.violate(() => ({
        text: `The ${nameOf(operation)} ${what}.`,
        operations: [operation, ...others].flatMap(linesOf),
        entries,
        fault: faultOf(evidence, operation),
      }))

    for (const operations of evidence.operationsByKey.values()) {
      const answered = operations.filter((operation) => ended(operation, 'ok'))
      for (const operation of answered) {
        verdict.examine()
        if (evidence.crossing.has(operation)) verdict.exercise('answered_in_crossing')
        if (sentAgain(evidence, operation)) verdict.exercise('answered_after_retry')
        const { value } = operation.end!
        const other = value['duplicate']
        const copied = isObject(other) ? differing(value, other) : null
        if (answered.length > 1 || isObject(other)) verdict.exercise('answered_twice')
        if (copied !== null) report(operation, `got two answers to the same key: ${copied}`, [])
        const ledger = differsFromLedger(operation, evidence)
        if (ledger !== null) report(operation, ledger.text, ledger.entries)
      }
      const [first, ...rest] = answered
      for (const operation of rest) {
        const copied = operation.kind === first!.kind ? differing(first!.end!.value, operation.end!.value) : null
        if (copied !== null)
          report(first!, `and ${operation.id} got two answers to the same key: ${copied}`, [], [operation])
      }
    }
    return verdict.outcome()
  },
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** The first lasting field that two answers have and disagree on. A refusal of the same request is a difference too. */
function differing(one: Record<string, unknown>, other: Record<string, unknown>): string | null {
  if (other['code'] === 'idempotency_conflict') return 'the second was idempotency_conflict'
  const name = lasting.find((field) => field in one && field in other && one[field] !== other[field])
  return name === undefined ? null : `${name} ${String(one[name])} and ${String(other[name])}`
}

type Difference = { text: string; entries: (object | undefined)[] } | null

function differsFromLedger(operation: Operation, evidence: Evidence): Difference {
  const { value } = operation.end!
  const { kind, player_id, key } = operation
  if (kind === 'deposit' || kind === 'confirm_payout') {
    const ledger_key = kind === 'deposit' ? depositKey(player_id, key!) : captureKey(payoutOf(operation))
    const transfer = evidence.transfersByKey.get(ledger_key)?.[0]
    return transfer === undefined ? null : differsFromEntry(operation, [transfer], evidence)
  }
  const round = kind === 'spin' ? evidence.roundsByKey.get(playerKey(player_id, key!))?.[0] : undefined
  if (round === undefined) return null
  const won = numberIn(value, 'win_minor')
  if (won !== undefined && round.win_minor !== null && won !== round.win_minor)
    return { text: `was told a win of ${won}, its round ${round.round_id} has ${round.win_minor}`, entries: [round] }
  if (typeof value['round_id'] === 'string' && value['round_id'] !== round.round_id)
    return { text: `was told round ${value['round_id']}, its key belongs to ${round.round_id}`, entries: [round] }
  const transfers = evidence.transfersByRound.get(round.round_id) ?? []
  return differsFromEntry(operation, transfers, evidence)
}

/** Version and balance of the answer are those of an entry that one of these transfers made in the player's account. */
function differsFromEntry(
  operation: Operation,
  transfers: readonly StateOf<'transfer'>[],
  evidence: Evidence,
): Difference {
  const version = numberIn(operation.end!.value, 'version')
  const balance = numberIn(operation.end!.value, 'balance_minor')
  if (version === undefined || balance === undefined || transfers.length === 0) return null
  const account = `player:${operation.player_id}`
  const entries = transfers.flatMap(({ transfer_id }) => evidence.entriesByTransfer.get(transfer_id) ?? [])
  const own = entries.filter((entry) => entry.account === account)
  if (own.length === 0 || own.some((entry) => entry.version === version && entry.balance_after_minor === balance))
    return null
  const there = own.map((entry) => `version ${entry.version} with ${entry.balance_after_minor}`).join(', ')
  return { text: `was told version ${version} with balance ${balance}, the ledger has ${there}`, entries: own }
}
