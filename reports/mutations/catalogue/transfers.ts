import { addTransfer, anyOf, asked, removeTransfer, roundOf, statesOf, transfersOf, entriesOf } from '../lines.ts'
import type { Mutation } from '../mutation.ts'

export const transferMutations: readonly Mutation[] = [
  {
    name: 'deposit-lost',
    what: 'an acknowledged deposit is in no book',
    seen_by: ['acknowledged-lost'],
    change(raw, random) {
      const { end } = anyOf(random, asked(raw, ['deposit'])) ?? {}
      if (end === undefined) return false
      removeTransfer(raw, String(end.value['transfer_id']))
      return true
    },
  },
  {
    name: 'win-lost',
    what: 'a round won and the win is in no book',
    seen_by: ['rounds-ended', 'acknowledged-lost'],
    change(raw, random) {
      const win = anyOf(random, transfersOf(raw, 'win'))
      if (win === undefined) return false
      removeTransfer(raw, win.transfer_id)
      return true
    },
  },
  {
    name: 'bet-lost',
    what: 'a round was played and its stake is in no book',
    seen_by: ['rounds-ended', 'acknowledged-lost'],
    change(raw, random) {
      const bet = anyOf(random, transfersOf(raw, 'bet'))
      if (bet === undefined) return false
      removeTransfer(raw, bet.transfer_id)
      return true
    },
  },
  {
    name: 'round-lost',
    what: 'an acknowledged spin left no round and no money',
    seen_by: ['acknowledged-lost', 'nonces-once'],
    change(raw, random) {
      const spin = anyOf(random, asked(raw, ['spin']))
      const round = spin && roundOf(raw, spin)
      if (round === undefined) return false
      for (const { transfer_id } of statesOf(raw, 'transfer').filter(({ round_id }) => round_id === round.round_id))
        removeTransfer(raw, transfer_id)
      raw.ledger = raw.ledger.filter((line) => line !== round)
      return true
    },
  },
  {
    name: 'deposit-twice',
    what: 'a deposit was applied again under another key',
    seen_by: ['phantom', 'applied-twice'],
    change(raw, random) {
      const deposit = anyOf(random, transfersOf(raw, 'deposit'))
      if (deposit === undefined) return false
      const { kind: _, ...rest } = deposit
      addTransfer(raw, { ...rest, transfer_id: 't-again', key: `${deposit.key}-again` })
      return true
    },
  },
  {
    name: 'win-twice',
    what: 'the win of a round was paid twice',
    seen_by: ['applied-twice', 'rounds-ended'],
    change(raw, random) {
      const win = anyOf(random, transfersOf(raw, 'win'))
      if (win === undefined) return false
      const { kind: _, ...rest } = win
      addTransfer(raw, { ...rest, transfer_id: 't-again', key: `${win.key}:again` })
      return true
    },
  },
  {
    name: 'rollback-of-completed',
    what: 'the stake of a completed round was given back',
    seen_by: ['rounds-ended'],
    change(raw, random) {
      const bet = anyOf(random, transfersOf(raw, 'bet'))
      if (bet === undefined) return false
      const { kind: _, ...rest } = bet
      const key = `rollback:${String(bet.round_id)}`
      addTransfer(raw, { ...rest, transfer_id: 't-back', transfer_kind: 'rollback', key })
      return true
    },
  },
  {
    name: 'withdrawal-unasked',
    what: 'money left an account and nobody had asked for it',
    seen_by: ['phantom'],
    change(raw, random) {
      const rich = statesOf(raw, 'account').filter(
        ({ account, balance_minor }) => account.startsWith('player:') && balance_minor > 10,
      )
      const from = anyOf(random, rich)
      if (from === undefined) return false
      const player_id = from.account.replace('player:', '')
      const fields = { round_id: null, game_id: null, created_at_ms: raw.run.ended_at_ms ?? raw.run.started_at_ms }
      const key = `withdrawal:${player_id}:nobody`
      addTransfer(raw, {
        transfer_id: 't-out',
        key,
        transfer_kind: 'withdrawal',
        player_id,
        amount_minor: 7,
        ...fields,
      })
      return true
    },
  },
  {
    name: 'round-never-ended',
    what: 'a round was left open with the stake taken',
    seen_by: ['rounds-ended', 'acknowledged-lost'],
    change(raw, random) {
      const round = anyOf(
        random,
        statesOf(raw, 'round').filter(({ status, win_minor }) => status === 'completed' && win_minor === 0),
      )
      if (round === undefined) return false
      round.status = 'bet_placed'
      return true
    },
  },
  {
    name: 'win-a-unit-more',
    what: 'the pay table pays a unit too much, everywhere',
    seen_by: ['outcomes-rederived'],
    change(raw, random) {
      const spins = asked(raw, ['spin']).filter(({ end }) => Number(end.value['win_minor']) > 0)
      const spin = anyOf(random, spins)
      const round = spin && roundOf(raw, spin)
      const win = transfersOf(raw, 'win').find(({ round_id }) => round_id === round?.round_id)
      if (spin === undefined || round === undefined || win === undefined) return false
      win.amount_minor++
      for (const entry of entriesOf(raw, win)) entry.amount_minor += Math.sign(entry.amount_minor)
      round.win_minor = win.amount_minor
      spin.end.value = { ...spin.end.value, win_minor: win.amount_minor }
      return true
    },
  },
  {
    name: 'debt',
    what: 'an account went below nothing',
    seen_by: ['no-negative-balance'],
    change(raw, random) {
      const bet = anyOf(random, transfersOf(raw, 'bet'))
      if (bet === undefined) return false
      bet.amount_minor = 1e9
      const [own, house] = entriesOf(raw, bet)
      own!.amount_minor = -1e9
      house!.amount_minor = 1e9
      return true
    },
  },
]
