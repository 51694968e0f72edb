import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import type { StateLine, StateOf } from '#sut/contracts/state.ts'

/** The dump by kind of line. */
export interface Books {
  accounts: StateOf<'account'>[]
  transfers: StateOf<'transfer'>[]
  entries: StateOf<'entry'>[]
  outbox: StateOf<'outbox'>[]
}

export async function readBooks(dump: AsyncIterable<StateLine>): Promise<Books> {
  const books: Books = { accounts: [], transfers: [], entries: [], outbox: [] }
  for await (const line of dump) {
    if (line.kind === 'account') books.accounts.push(line)
    if (line.kind === 'transfer') books.transfers.push(line)
    if (line.kind === 'entry') books.entries.push(line)
    if (line.kind === 'outbox') books.outbox.push(line)
  }
  return books
}

/** What must hold of a ledger whatever has happened to it; written again from the contract, without the ledger's code. */
export function expectSound(books: Books): void {
  const { accounts, transfers, entries, outbox } = books
  expect(accounts.reduce((sum, { balance_minor }) => sum + balance_minor, 0)).toBe(0)
  const entriesOfAccount = Map.groupBy(entries, ({ account }) => account)
  for (const account of accounts) expectChain(account, entriesOfAccount.get(account.account) ?? [])

  const entriesOf = Map.groupBy(entries, ({ transfer_id }) => transfer_id)
  for (const { transfer_id, transfer_kind, amount_minor, player_id } of transfers) {
    const pair = entriesOf.get(transfer_id) ?? []
    if (transfer_kind === 'tombstone') expect(pair).toEqual([])
    else {
      const sign = transfer_kind === 'bet' || transfer_kind === 'withdrawal' ? -1 : 1
      const ofPlayer = pair.find(({ account }) => account === `player:${player_id}`)
      expect(ofPlayer?.amount_minor).toBe(sign * amount_minor)
      expect(pair.map((entry) => entry.amount_minor).toSorted((one, other) => one - other)).toEqual([
        -amount_minor,
        amount_minor,
      ])
    }
  }
  const moving = transfers.filter(({ transfer_kind }) => transfer_kind !== 'tombstone')
  expect(entries).toHaveLength(2 * moving.length)
  expect(outbox.map(({ event_id }) => event_id).toSorted()).toEqual(
    moving.map(({ transfer_id }) => transfer_id).toSorted(),
  )
}

function expectChain(account: StateOf<'account'>, entries: StateOf<'entry'>[]): void {
  let balance = 0
  let hash = ''
  for (const [index, entry] of entries.toSorted((one, other) => one.version - other.version).entries()) {
    const version = index + 1
    balance += entry.amount_minor
    const text = [hash, account.account, version, entry.transfer_id, entry.amount_minor, balance].join('|')
    hash = createHash('sha256').update(text).digest('hex')
    expect({ ...entry }).toMatchObject({ version, balance_after_minor: balance, hash })
    if (account.account.startsWith('player:')) expect(balance).toBeGreaterThanOrEqual(0)
  }
  expect(account).toMatchObject({ version: entries.length, balance_minor: balance })
}
