import { hash } from 'node:crypto'
import type { SystemEvent } from '#sut/contracts/events.ts'
import type { StateLine, StateOf } from '#sut/contracts/state.ts'
import { auditEntryHash } from '../model/audit.ts'
import type { RawRecord } from '../record/fixture.ts'
import type { HistoryLine } from '../record/format.ts'
import { playerAccount, removeEvents, statesOf, type Entry } from './lines.ts'

// Makes everything that follows from transfers, entries, rounds and holds follow from them again:
//
//   entries ──► versions, balances, hashes ──► accounts
//   transfers, rounds, holds ──► events in outbox and log ──► read models, audit trail
//   entries ──► version and balance in the answers that clients got

/** Which entry of its account an answer spoke of, so that it can speak of it again after the change. */
export interface Told {
  line: HistoryLine
  entry: Entry
}

/** To be taken before the change. */
export function toldBy(raw: RawRecord): Told[] {
  const entries = new Map(statesOf(raw, 'entry').map((entry) => [`${entry.account}/${entry.version}`, entry]))
  return raw.history.flatMap((line) => {
    const entry = entries.get(`${playerAccount(line.player_id)}/${String(line.value['version'])}`)
    return line.type === 'ok' && entry !== undefined && 'balance_minor' in line.value ? [{ line, entry }] : []
  })
}

export function derive(raw: RawRecord, told: readonly Told[]): void {
  const byAccount = chainEntries(raw)
  const transfers = new Map(statesOf(raw, 'transfer').map((line) => [line.transfer_id, line]))
  const entries = byAccount.values().flatMap((all) => all)
  const own = new Map<string, Entry>()
  for (const entry of entries) {
    const transfer = transfers.get(entry.transfer_id)
    if (transfer !== undefined && entry.account === playerAccount(transfer.player_id)) own.set(entry.transfer_id, entry)
  }
  deriveAccounts(raw, byAccount)
  deriveEvents(raw, own)
  deriveModels(raw)
  deriveAudit(raw)
  const known = new Set(byAccount.values().flatMap((all) => all))
  for (const { line, entry } of told) if (known.has(entry)) tell(line, entry)
}

function tell(line: HistoryLine, entry: Entry): void {
  const { version, balance_after_minor: balance_minor } = entry
  const held_minor = line.value['held_minor']
  const available = typeof held_minor === 'number' ? { available_minor: balance_minor - held_minor } : {}
  line.value = { ...line.value, version, balance_minor, ...available }
}

/** Versions 1, 2, 3 … of each account in the order of the versions so far, with balances and hashes that follow. */
function chainEntries(raw: RawRecord): Map<string, Entry[]> {
  const byAccount = Map.groupBy(statesOf(raw, 'entry'), ({ account }) => account)
  for (const [account, unordered] of byAccount) {
    const entries = unordered.toSorted((one, other) => one.version - other.version)
    byAccount.set(account, entries)
    let before = { hash: '', balance_minor: 0 }
    for (const [index, entry] of entries.entries()) {
      entry.version = index + 1
      entry.balance_after_minor = before.balance_minor + entry.amount_minor
      const { transfer_id, amount_minor, balance_after_minor } = entry
      const text = [before.hash, account, entry.version, transfer_id, amount_minor, balance_after_minor].join('|')
      entry.hash = hash('sha256', text)
      before = { hash: entry.hash, balance_minor: balance_after_minor }
    }
  }
  return byAccount
}

function deriveAccounts(raw: RawRecord, byAccount: ReadonlyMap<string, Entry[]>): void {
  const open = Map.groupBy(
    statesOf(raw, 'hold').filter(({ status }) => status === 'open'),
    ({ player_id }) => playerAccount(player_id),
  )
  const known = new Set(statesOf(raw, 'account').map(({ account }) => account))
  for (const account of byAccount.keys())
    if (!known.has(account)) raw.ledger.push({ kind: 'account', account, balance_minor: 0, version: 0 })
  for (const line of statesOf(raw, 'account')) {
    const last = byAccount.get(line.account)?.at(-1)
    line.version = last?.version ?? 0
    line.balance_minor = last?.balance_after_minor ?? 0
    if (line.held_minor !== undefined)
      line.held_minor = (open.get(line.account) ?? []).reduce((sum, { amount_minor }) => sum + amount_minor, 0)
  }
}

/** The events of transfers, rounds and holds say what these say; who lost his subject is gone, who has none gets one. */
function deriveEvents(raw: RawRecord, own: ReadonlyMap<string, Entry>): void {
  const transfers = new Map(statesOf(raw, 'transfer').map((line) => [line.transfer_id, line]))
  const rounds = new Map(statesOf(raw, 'round').map((line) => [line.round_id, line]))
  const holds = new Map(statesOf(raw, 'hold').map((line) => [line.hold_id, line]))
  const gone = new Set<string>()
  const told = new Set<string>()
  for (const { event } of statesOf(raw, 'log')) {
    const is = subjectOf(event)
    if (is === undefined) continue
    told.add(is)
    if (event.type === 'wallet.transferred') {
      const changes = transferEvent(transfers.get(event.transfer_id), own)
      if (changes === undefined) gone.add(event.id)
      else Object.assign(event, changes)
    } else if (event.type === 'game.round_ended') {
      const round = rounds.get(event.round_id)
      if (round === undefined) gone.add(event.id)
      else Object.assign(event, { stake_minor: round.stake_minor, win_minor: round.win_minor ?? 0 })
    } else if ('hold_id' in event) {
      const hold = holds.get(event.hold_id)
      if (hold === undefined) gone.add(event.id)
      else event.amount_minor = hold.amount_minor
    }
  }
  removeEvents(raw, gone)
  for (const transfer of transfers.values()) {
    const fields = transferEvent(transfer, own)
    if (fields === undefined || told.has(transfer.transfer_id) || transfer.transfer_kind === 'tombstone') continue
    if (transfer.amount_minor > 0) publish(raw, { id: `e-${transfer.transfer_id}`, ...fields } as SystemEvent)
  }
}

function subjectOf(event: SystemEvent): string | undefined {
  if (event.type === 'wallet.transferred') return event.transfer_id
  if (event.type === 'game.round_ended') return event.round_id
  return 'hold_id' in event ? event.hold_id : undefined
}

function transferEvent(transfer: StateOf<'transfer'> | undefined, own: ReadonlyMap<string, Entry>): object | undefined {
  if (transfer === undefined) return undefined
  const entry = own.get(transfer.transfer_id)
  const { transfer_id, transfer_kind: kind, amount_minor, player_id, round_id, game_id, created_at_ms } = transfer
  return {
    occurred_at_ms: created_at_ms,
    player_id,
    type: 'wallet.transferred',
    transfer_id,
    kind,
    amount_minor,
    ...(entry === undefined ? {} : { balance_after_minor: entry.balance_after_minor, version: entry.version }),
    ...(round_id === null ? {} : { round_id, game_id }),
  }
}

function publish(raw: RawRecord, event: SystemEvent): void {
  const service = event.type.split('.')[0]!
  raw.ledger.push({ kind: 'outbox', service, event_id: event.id, type: event.type, published: true })
  raw.ledger.push({ kind: 'log', event })
}

const sign: Readonly<Record<string, number>> = { bet: 1, rollback: -1 }

function deriveModels(raw: RawRecord): void {
  const accounts = new Map(statesOf(raw, 'account').map((line) => [line.account, line]))
  const byPlayer = Map.groupBy(statesOf(raw, 'transfer'), ({ player_id }) => player_id)
  for (const model of statesOf(raw, 'player_model')) {
    const account = accounts.get(playerAccount(model.player_id))
    const own = byPlayer.get(model.player_id) ?? []
    const sum = (weight: (kind: string) => number): number =>
      own.reduce((total, { transfer_kind, amount_minor }) => total + weight(transfer_kind) * amount_minor, 0)
    model.version = account?.version ?? 0
    model.balance_minor = account?.balance_minor ?? 0
    model.deposited_minor = sum((kind) => (kind === 'deposit' ? 1 : 0))
    model.withdrawn_minor = sum((kind) => (kind === 'withdrawal' ? 1 : 0))
    model.won_minor = sum((kind) => (kind === 'win' ? 1 : 0))
    model.staked_minor = sum((kind) => sign[kind] ?? 0)
  }
  const byGame = Map.groupBy(statesOf(raw, 'transfer'), ({ game_id }) => game_id ?? '')
  for (const model of statesOf(raw, 'game_model')) {
    const own = byGame.get(model.game_id) ?? []
    model.rounds = own.reduce((total, { transfer_kind }) => total + (sign[transfer_kind] ?? 0), 0)
    model.staked_minor = own.reduce((total, line) => total + (sign[line.transfer_kind] ?? 0) * line.amount_minor, 0)
    model.won_minor = own.reduce((total, line) => total + (line.transfer_kind === 'win' ? line.amount_minor : 0), 0)
  }
}

/** The trail has an entry of each event that had one, and of each new transfer; it is one chain again. */
function deriveAudit(raw: RawRecord): void {
  const before = statesOf(raw, 'audit').map(({ entry }) => entry)
  if (before.length === 0) return
  const events = new Map(statesOf(raw, 'log').map(({ event }) => [event.id, event]))
  const known = new Set(before.map(({ event_id }) => event_id))
  const added = [...events.values()].filter(({ id, type }) => type === 'wallet.transferred' && !known.has(id))
  const facts = [
    ...before.flatMap((entry) => factOf(events.get(entry.event_id), Object.keys(entry.details))),
    ...added.flatMap((event) => factOf(event, transferFields)),
  ]
  let head = { sequence: 0, hash: '' }
  const entries = facts.map((fact): StateLine => {
    const unsealed = { ...fact, sequence: head.sequence + 1, previous_hash: head.hash }
    const entry = { ...unsealed, hash: auditEntryHash(unsealed) }
    head = { sequence: entry.sequence, hash: entry.hash }
    return { kind: 'audit', entry }
  })
  raw.ledger = raw.ledger.filter(({ kind }) => kind !== 'audit' && kind !== 'audit_head')
  raw.ledger.push(...entries, { kind: 'audit_head', head })
}

const transferFields = ['transfer_id', 'kind', 'amount_minor', 'balance_after_minor', 'version', 'round_id', 'game_id']

type Fact = Omit<StateOf<'audit'>['entry'], 'sequence' | 'previous_hash' | 'hash'>

/** What the trail says of an event that is there. */
function factOf(event: SystemEvent | undefined, fields: readonly string[]): Fact[] {
  if (event === undefined) return []
  const { id: event_id, occurred_at_ms, type: kind, player_id: subject } = event
  const values = fields.map((name) => [name, Reflect.get(event, name) as unknown] as const)
  const details = Object.fromEntries(values.filter(([, value]) => value !== undefined)) as Fact['details']
  return [{ event_id, occurred_at_ms, kind, subject, details }]
}
