import type { StateOf } from '#sut/contracts/state.ts'
import type { ListHistory, ListRead, Transaction } from '../model/list-append.ts'
import type { RunRecord } from '../record/record.ts'
import { operationsOfTransfer } from './applied-twice.ts'
import { numberIn, type Evidence, type Operation } from './evidence.ts'

// The wallet as append-only lists: an account is a list, an entry is an element of it, a transfer is the transaction that appends one to
// the list of the player and one to that of the house. A transfer also read: its balance after less its amount is the balance that it
// built on, and the newest version with that balance is the state that it saw.
//
//     account player:p-1   │ t-1 │ t-4 │ t-9 │           balance read with version 2: saw the first two
//     account house:3      │ t-2 │ t-4 │                 t-4 is one transaction over both
//
// A read of a balance is a transaction that saw as many elements as its version says; where that version has another balance, or is not
// there, it saw what was never committed. Limits: a bet and its win are two transactions, as in the wallet; nobody reads an account of the
// house; what the answer to a write says is judged by the check answers-agree; elements that were lost altogether leave no trace here.

type Entry = StateOf<'entry'>

export interface LedgerHistory extends ListHistory {
  /** Of each transaction: its transfer, or the operation that read. */
  sources: readonly (StateOf<'transfer'> | Operation | undefined)[]
}

/** The final ledger and the answered reads of balances as one history. Linear in both, but for sorting. */
export function ledgerHistory({ state }: Pick<RunRecord, 'state'>, evidence: Evidence): LedgerHistory {
  const transactions: (Transaction & { reads: ListRead[] })[] = []
  const sources: (StateOf<'transfer'> | Operation | undefined)[] = []
  const indexById = new Map<string, number>()
  for (const transfer_id of new Set(state.entry.map((entry) => entry.transfer_id))) {
    const transfer = evidence.transferById.get(transfer_id)
    indexById.set(transfer_id, transactions.length)
    transactions.push({ name: nameOfTransfer(transfer_id, transfer), reads: [], ...timesOf(transfer, evidence) })
    sources.push(transfer)
  }
  const accounts = new Map(
    [...Map.groupBy(state.entry, ({ account }) => account)].map(([account, entries]) => [
      account,
      entries.toSorted((one, other) => one.version - other.version),
    ]),
  )
  for (const [account, entries] of accounts) addReadsOfTransfers(account, entries, transactions, indexById)
  for (const operation of evidence.operations) {
    const read = readOf(operation, accounts)
    if (read === null) continue
    const times = { asked_ms: operation.invoke.at_ms, answered_ms: operation.end?.at_ms }
    transactions.push({ name: `read ${operation.id}`, reads: [read], ...times })
    sources.push(operation)
  }
  const lists = new Map(
    [...accounts].map(([list, entries]) => [list, entries.map((each) => indexById.get(each.transfer_id)!)]),
  )
  return { transactions, lists, sources }
}

const nameOfTransfer = (transfer_id: string, transfer: StateOf<'transfer'> | undefined): string =>
  transfer === undefined ? `transfer ${transfer_id}` : `${transfer.transfer_kind} ${transfer_id} (key ${transfer.key})`

/**
 * After the first of the operations with its key was asked, and before the first of them was answered well. A rollback is the system's
 * own: it happens after its spin was asked.
 */
function timesOf(
  transfer: StateOf<'transfer'> | undefined,
  evidence: Evidence,
): Pick<Transaction, 'asked_ms' | 'answered_ms' | 'aborted'> {
  const operations = transfer === undefined ? [] : operationsOfTransfer(transfer, evidence)
  if (transfer === undefined || operations.length === 0) return {}
  const asked_ms = Math.min(...operations.map(({ invoke }) => invoke.at_ms))
  if (transfer.transfer_kind === 'rollback') return { asked_ms }
  const answers = operations.flatMap(({ end }) => (end?.type === 'ok' ? [end.at_ms] : []))
  const aborted = operations.every(({ end }) => end?.type === 'fail') && isWholeOf(transfer)
  return { asked_ms, ...(answers.length > 0 && { answered_ms: Math.min(...answers) }), ...(aborted && { aborted }) }
}

/** Whether a refusal of the operation means that this transfer did not happen: a bet may stand for a while and be taken back. */
const isWholeOf = ({ transfer_kind }: StateOf<'transfer'>): boolean =>
  transfer_kind === 'deposit' || transfer_kind === 'withdrawal'

function addReadsOfTransfers(
  account: string,
  entries: readonly Entry[],
  transactions: (Transaction & { reads: ListRead[] })[],
  indexById: ReadonlyMap<string, number>,
): void {
  /** By balance: the newest length of the list with it. */
  const lengths = new Map<bigint, number>([[0n, 0]])
  for (const [at, entry] of entries.entries()) {
    const built_on = BigInt(entry.balance_after_minor) - BigInt(entry.amount_minor)
    const before = at === 0 ? 0n : BigInt(entries[at - 1]!.balance_after_minor)
    const length = built_on === before ? at : (lengths.get(built_on) ?? null)
    transactions[indexById.get(entry.transfer_id)!]!.reads.push({ list: account, length })
    lengths.set(BigInt(entry.balance_after_minor), at + 1)
  }
}

function readOf({ kind, player_id, end }: Operation, accounts: ReadonlyMap<string, readonly Entry[]>): ListRead | null {
  const version = numberIn(end?.value, 'version')
  const balance = numberIn(end?.value, 'balance_minor')
  if (kind !== 'balance' || end?.type !== 'ok' || version === undefined || balance === undefined) return null
  const list = `player:${player_id}`
  if (version === 0) return { list, length: balance === 0 ? 0 : null }
  const entries = accounts.get(list) ?? []
  return { list, length: entries[version - 1]?.balance_after_minor === balance ? version : null }
}
