import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import type { StateLine, StateOf } from '#sut/contracts/state.ts'

/** The dump by kind of line. */
export interface Books {
  accounts: StateOf<'account'>[]
  transfers: StateOf<'transfer'>[]
  entries: StateOf<'entry'>[]
  holds: StateOf<'hold'>[]
  outbox: StateOf<'outbox'>[]
}

export async function readBooks(dump: AsyncIterable<StateLine>): Promise<Books> {
  const books: Books = { accounts: [], transfers: [], entries: [], holds: [], outbox: [] }
  for await (const line of dump) {
    if (line.kind === 'account') books.accounts.push(line)
    if (line.kind === 'transfer') books.transfers.push(line)
    if (line.kind === 'entry') books.entries.push(line)
    if (line.kind === 'hold') books.holds.push(line)
    if (line.kind === 'outbox') books.outbox.push(line)
  }
  return books
}

/** What must hold of a ledger whatever has happened to it; written again from the contract, without the ledger's code. */
export function expectSound(books: Books): void {
  const { accounts, transfers, entries, holds, outbox } = books
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
  const told = holds.flatMap(({ hold_id, status }) =>
    [`${hold_id}:placed`].concat(status === 'open' ? [] : `${hold_id}:${status}`),
  )
  expect(outbox.map(({ event_id }) => event_id).toSorted()).toEqual(
    [...moving.map(({ transfer_id }) => transfer_id), ...told].toSorted(),
  )
  expectHolds(books)
}

/** What is held of an account is the sum of its open holds and never more than its balance; a capture is one withdrawal, in time. */
function expectHolds({ accounts, transfers, holds }: Books): void {
  const openOf = Map.groupBy(
    holds.filter(({ status }) => status === 'open'),
    ({ player_id }) => `player:${player_id}`,
  )
  for (const { account, balance_minor, held_minor } of accounts) {
    expect(held_minor).toBe((openOf.get(account) ?? []).reduce((sum, { amount_minor }) => sum + amount_minor, 0))
    if (held_minor !== 0) expect(held_minor).toBeLessThanOrEqual(balance_minor)
  }
  const captures = transfers.filter(({ key }) => key.startsWith('capture:'))
  const captured = holds.filter(({ status }) => status === 'captured')
  expect(captures.map(({ key }) => key).toSorted()).toEqual(
    captured.map(({ hold_id }) => `capture:${hold_id}`).toSorted(),
  )
  const ofId = new Map(captures.map((transfer) => [transfer.transfer_id, transfer]))
  for (const { transfer_id, player_id, captured_minor, amount_minor, ended_at_ms, expires_at_ms } of captured) {
    expect(captured_minor).toBeLessThanOrEqual(amount_minor)
    expect(ended_at_ms!).toBeLessThan(expires_at_ms)
    const kind = { transfer_kind: 'withdrawal', player_id, amount_minor: captured_minor }
    expect(ofId.get(transfer_id!)).toMatchObject(kind)
  }
  for (const { status, ended_at_ms, expires_at_ms } of holds)
    if (status === 'expired') expect(ended_at_ms!).toBeGreaterThanOrEqual(expires_at_ms)
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
