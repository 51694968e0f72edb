import { newId } from '#lib/random.ts'
import type { TransferAnswer, TransferRequest } from '#sut/contracts/bodies.ts'
import { Problem } from '#sut/contracts/problems.ts'

/** The wallet as its contract describes it, in memory: for tests of what the game makes of it. */
export interface ModelWallet {
  transfer(request: TransferRequest): TransferAnswer
  deposit(player_id: string, amount_minor: number): void
  balance(player_id: string): number
  /** Keys of the transfers that moved money for this round. */
  keysOf(round_id: string): string[]
}

export function modelWallet(): ModelWallet {
  const accounts = new Map<string, { balance: number; version: number }>()
  const stored = new Map<string, TransferAnswer>()
  const tombstones = new Set<string>()
  const account = (player_id: string): { balance: number; version: number } => {
    const known = accounts.get(player_id) ?? { balance: 0, version: 0 }
    accounts.set(player_id, known)
    return known
  }
  const moneyOf = (request: TransferRequest): number => {
    const { kind, round_id, amount_minor } = request
    if (kind === 'bet') {
      if (tombstones.has(round_id!)) throw new Problem('rolled_back', 'tombstone')
      if (account(request.player_id).balance < amount_minor) throw new Problem('insufficient_funds', 'too little')
      return -amount_minor
    }
    if (kind === 'win' && (!stored.has(`bet:${round_id}`) || stored.has(`rollback:${round_id}`)))
      throw new Problem('rolled_back', 'a win without a bet')
    if (kind === 'rollback' && stored.has(`win:${round_id}`)) throw new Problem('already_won', 'won')
    if (kind === 'rollback' && !stored.has(`bet:${round_id}`)) {
      tombstones.add(round_id!)
      return 0
    }
    return amount_minor
  }

  return {
    transfer(request) {
      const before = stored.get(request.key)
      if (before !== undefined) return { ...before, replayed: true }
      const money = moneyOf(request)
      const { balance, version } = account(request.player_id)
      const moved = money !== 0
      accounts.set(request.player_id, { balance: balance + money, version: version + (moved ? 1 : 0) })
      const after = account(request.player_id)
      const answer = {
        transfer_id: newId(),
        balance_minor: after.balance,
        version: after.version,
        replayed: false,
      }
      if (moved) stored.set(request.key, answer)
      return answer
    },
    deposit(player_id, amount_minor) {
      account(player_id).balance += amount_minor
    },
    balance: (player_id) => account(player_id).balance,
    keysOf: (round_id) => [...stored.keys()].filter((key) => key.endsWith(`:${round_id}`)),
  }
}
