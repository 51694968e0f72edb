import { createHash } from 'node:crypto'
import { auditStart, chainOf, factOf } from '#sut/contracts/audit.ts'
import { drawStops, seedHash, winOf } from '#sut/contracts/fairness.ts'
import type { MoneyTransferred, SystemEvent } from '#sut/contracts/events.ts'
import type { StateLine, StateOf } from '#sut/contracts/state.ts'
import { payoutAsked, releasedHold } from './fixture-payouts.ts'

// A small model of the bundled system's money, for synthetic records: what a correct system would have in its stores.
export const fixtureGame: StateOf<'game'> = {
  kind: 'game',
  game_id: 'sevens',
  version: 1,
  // 3 of 6 stops on each reel show symbol 1, 2 show 2, and 1 shows 3: 5/8 + 12/27 + 40/216.
  return_to_player: 1.25463,
  reels: [
    [1, 2, 3, 1, 2, 1],
    [1, 2, 3, 1, 2, 1],
    [1, 2, 3, 1, 2, 1],
  ],
  pays: { '1': 5, '2': 12, '3': 40 },
}

type Kind = 'deposit' | 'bet' | 'win'
type Account = { balance_minor: number; version: number; hash: string }

/** hash of an entry, as in sut/contracts/state.ts. */
export function entryHash(previous: string, entry: Omit<StateOf<'entry'>, 'hash' | 'kind'>): string {
  const { account, version, transfer_id, amount_minor, balance_after_minor } = entry
  const text = [previous, account, version, transfer_id, amount_minor, balance_after_minor].join('|')
  return createHash('sha256').update(text).digest('hex')
}

export interface LedgerModel {
  deposit(player_id: string, key: string, amount_minor: number, at_ms: number): Record<string, unknown>
  /** null when the player has too little. */
  spin(
    player_id: string,
    key: string,
    request: { stake_minor: number; client_seed: string },
    at_ms: number,
  ): object | null
  balance(player_id: string): { balance_minor: number; version: number }
  /** The payout of a player, who thinks better of it: placed and given back. */
  payout(player_id: string, at_ms: number): Record<string, unknown>
  /** An event with its row in the outbox. */
  publish(service: string, event: SystemEvent): void
  /** Completed rounds of the player, newest first. */
  rounds(player_id: string): StateOf<'round'>[]
  /** What the player is shown of them. */
  history(player_id: string): { rounds: object[] }
  lines(): StateLine[]
}

export function ledgerModel(): LedgerModel {
  const lines: StateLine[] = [fixtureGame]
  const accounts = new Map<string, Account>()
  const models = new Map<string, StateOf<'player_model'>>()
  /** Of the next round, by player: each has one seed. */
  let secret_of: string | undefined
  const nonces = new Map<string, number>()
  const game: StateOf<'game_model'> = {
    kind: 'game_model',
    game_id: fixtureGame.game_id,
    rounds: 0,
    staked_minor: 0,
    won_minor: 0,
  }
  let number = 0

  const account = (name: string): Account => {
    const known = accounts.get(name) ?? { balance_minor: 0, version: 0, hash: '' }
    accounts.set(name, known)
    return known
  }
  const addEntry = (name: string, transfer_id: string, amount_minor: number): Account => {
    const holder = account(name)
    holder.balance_minor += amount_minor
    holder.version++
    const { version, balance_minor: balance_after_minor } = holder
    const entry = { account: name, version, transfer_id, amount_minor, balance_after_minor }
    holder.hash = entryHash(holder.hash, entry)
    lines.push({ kind: 'entry', ...entry, hash: holder.hash })
    return holder
  }
  const rounds = (player_id: string) =>
    lines.filter((line) => line.kind === 'round' && line.player_id === player_id).toReversed() as StateOf<'round'>[]
  const publish = (service: string, event: SystemEvent): void => {
    lines.push({ kind: 'outbox', service, event_id: event.id, type: event.type, published: true })
    lines.push({ kind: 'log', event })
  }
  const modelOf = (player_id: string): StateOf<'player_model'> => {
    const zero = { version: 0, balance_minor: 0, deposited_minor: 0, withdrawn_minor: 0, staked_minor: 0, won_minor: 0 }
    const known = models.get(player_id) ?? { kind: 'player_model' as const, player_id, ...zero }
    models.set(player_id, known)
    return known
  }
  const transfer = (
    kind: Kind,
    key: string,
    player_id: string,
    amount_minor: number,
    at_ms: number,
    round_id?: string,
  ) => {
    const transfer_id = `t-${++number}`
    const signed = kind === 'bet' ? -amount_minor : amount_minor
    const game_id = round_id === undefined ? null : fixtureGame.game_id
    lines.push({
      kind: 'transfer',
      transfer_id,
      key,
      transfer_kind: kind,
      player_id,
      amount_minor,
      round_id: round_id ?? null,
      game_id,
      created_at_ms: at_ms,
    })
    const holder = addEntry(`player:${player_id}`, transfer_id, signed)
    addEntry(`house:${number % 4}`, transfer_id, -signed)
    const { balance_minor, version } = holder
    const event: MoneyTransferred = {
      id: `e-${transfer_id}`,
      occurred_at_ms: at_ms,
      player_id,
      type: 'wallet.transferred',
      transfer_id,
      kind,
      amount_minor,
      balance_after_minor: balance_minor,
      version,
      ...(round_id === undefined ? {} : { round_id, game_id: fixtureGame.game_id }),
    }
    publish('wallet', event)
    const model = modelOf(player_id)
    model.version = version
    model.balance_minor = balance_minor
    if (kind === 'deposit') model.deposited_minor += amount_minor
    else if (kind === 'bet') model.staked_minor += amount_minor
    else model.won_minor += amount_minor
    return { transfer_id, balance_minor, version }
  }

  return {
    deposit: (player_id, key, amount_minor, at_ms) =>
      transfer('deposit', `deposit:${player_id}:${key}`, player_id, amount_minor, at_ms),
    spin(player_id, key, { stake_minor, client_seed }, at_ms) {
      if (account(`player:${player_id}`).balance_minor < stake_minor) return null
      const round_id = `r-${++number}`
      const server_seed = createHash('sha256').update(`seed of ${player_id}`).digest('hex')
      const server_seed_hash = seedHash(server_seed)
      // The first who spins has not ended the seed: it is secret. The others are as in records of before seeds were sealed.
      secret_of ??= player_id
      const nonce = nonces.get(player_id) ?? 0
      nonces.set(player_id, nonce + 1)
      const stops = drawStops(server_seed, client_seed, nonce, fixtureGame.reels)
      const win_minor = Number(winOf(stops, BigInt(stake_minor), fixtureGame))
      let moved = transfer('bet', `bet:${round_id}`, player_id, stake_minor, at_ms, round_id)
      if (win_minor > 0) moved = transfer('win', `win:${round_id}`, player_id, win_minor, at_ms, round_id)
      const { game_id } = fixtureGame
      lines.push({
        kind: 'round',
        round_id,
        key,
        player_id,
        session_id: `s-${player_id}`,
        game_id,
        game_version: fixtureGame.version,
        status: 'completed',
        stake_minor,
        win_minor,
        ...(secret_of === player_id ? { server_seed: null, resolved: false } : { server_seed }),
        server_seed_hash,
        client_seed,
        nonce,
        stops,
      })
      const status = 'completed' as const
      const ended = { round_id, game_id, status, stake_minor, win_minor }
      publish('game', { id: `e-${round_id}`, occurred_at_ms: at_ms, player_id, type: 'game.round_ended', ...ended })
      game.rounds++
      game.staked_minor += stake_minor
      game.won_minor += win_minor
      const { balance_minor, version } = moved
      return { round_id, status, stops, stake_minor, win_minor, balance_minor, version, server_seed_hash, nonce }
    },
    balance: (player_id) => {
      const { balance_minor, version } = account(`player:${player_id}`)
      return { balance_minor, version }
    },
    payout(player_id, at_ms) {
      lines.push(...releasedHold(player_id, at_ms))
      return payoutAsked(player_id, at_ms, account(`player:${player_id}`))
    },
    publish,
    rounds,
    history: (player_id) => ({
      rounds: rounds(player_id)
        .slice(0, 20)
        .map((round) => ({
          round_id: round.round_id,
          game_id: round.game_id,
          stake_minor: round.stake_minor,
          win_minor: round.win_minor,
        })),
    }),
    lines: () => [
      ...withAudit(lines),
      ...[...accounts].map(([name, { balance_minor, version }]): StateLine => ({
        kind: 'account',
        account: name,
        balance_minor,
        held_minor: 0,
        version,
      })),
      ...models.values(),
      game,
    ],
  }
}

/** With the audit trail of the events in the log. */
function withAudit(lines: readonly StateLine[]): StateLine[] {
  const facts = lines.flatMap((line) => (line.kind === 'log' ? (factOf(line.event) ?? []) : []))
  // Several instances append, so what happened first may stand second.
  facts.unshift(...facts.splice(0, 2).toReversed())
  const entries = chainOf(auditStart, facts)
  const { sequence, hash } = entries.at(-1) ?? auditStart
  return [
    ...lines,
    ...entries.map((entry): StateLine => ({ kind: 'audit', entry })),
    { kind: 'audit_head', head: { sequence, hash } },
  ]
}
