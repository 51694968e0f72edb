import type { Mutation } from '../mutation.ts'
import { addTransfer, anyOf, entriesOf, playerAccount, statesOf, transfersOf, type Transfer } from '../lines.ts'

const books = ['entries-match-transfers'] as const

/** Changes the entries of one transfer of these kinds. */
const onEntries = (
  name: string,
  what: string,
  kinds: Transfer['transfer_kind'][],
  change: (entries: ReturnType<typeof entriesOf>, transfer: Transfer) => void,
): Mutation => ({
  name,
  what,
  seen_by: books,
  change(raw, random) {
    const transfer = anyOf(
      random,
      transfersOf(raw, ...kinds).filter(({ amount_minor }) => amount_minor > 0),
    )
    if (transfer === undefined) return false
    change(entriesOf(raw, transfer), transfer)
    return true
  },
})

const negate = (entries: ReturnType<typeof entriesOf>): void => {
  for (const entry of entries) entry.amount_minor = -entry.amount_minor
}

export const entryMutations: readonly Mutation[] = [
  onEntries('bet-credited', 'a stake was credited instead of taken', ['bet'], negate),
  onEntries('deposit-debited', 'a deposit was taken instead of credited', ['deposit'], negate),
  onEntries('win-debited', 'a win was taken instead of paid', ['win'], negate),
  onEntries('deposit-times-hundred', 'a deposit was credited a hundred times', ['deposit'], (entries) => {
    for (const entry of entries) entry.amount_minor *= 100
  }),
  onEntries('win-pays-nothing', 'a win was booked with nothing', ['win'], (entries) => {
    for (const entry of entries) entry.amount_minor = 0
  }),
  onEntries('one-unit-more', 'an entry is a unit more than its transfer', ['deposit', 'win', 'bet'], (entries) => {
    for (const entry of entries) entry.amount_minor += Math.sign(entry.amount_minor)
  }),
  {
    name: 'credited-to-another',
    what: 'the money of one player was booked on the account of another',
    seen_by: books,
    change(raw, random) {
      const transfer = anyOf(random, transfersOf(raw, 'deposit', 'win', 'bet'))
      const others = statesOf(raw, 'account').filter(
        ({ account }) => account.startsWith('player:') && account !== playerAccount(transfer?.player_id ?? ''),
      )
      const other = anyOf(random, others)
      if (transfer === undefined || other === undefined) return false
      const [own] = entriesOf(raw, transfer)
      own!.account = other.account
      own!.version = Number.MAX_SAFE_INTEGER
      return true
    },
  },
  {
    name: 'paid-by-a-player',
    what: 'the other side of a transfer is a player and not the house',
    seen_by: books,
    change(raw, random) {
      const transfer = anyOf(random, transfersOf(raw, 'win', 'deposit'))
      const other = anyOf(
        random,
        statesOf(raw, 'account').filter(
          ({ account, balance_minor }) =>
            account.startsWith('player:') &&
            account !== playerAccount(transfer?.player_id ?? '') &&
            balance_minor > (transfer?.amount_minor ?? 0),
        ),
      )
      if (transfer === undefined || other === undefined) return false
      const house = entriesOf(raw, transfer)[1]!
      house.account = other.account
      house.version = Number.MAX_SAFE_INTEGER
      return true
    },
  },
  {
    name: 'four-entries',
    what: 'a transfer has four entries that sum to nothing',
    seen_by: ['entries-match-transfers', 'money-conserved'],
    change(raw, random) {
      const transfer = anyOf(random, transfersOf(raw, 'deposit', 'bet'))
      if (transfer === undefined) return false
      for (const entry of entriesOf(raw, transfer))
        for (const amount_minor of [7, -7])
          raw.ledger.push({ ...entry, version: Number.MAX_SAFE_INTEGER, amount_minor })
      return true
    },
  },
  {
    name: 'entries-without-transfer',
    what: 'entries were written for a transfer that does not exist',
    seen_by: ['entries-match-transfers', 'money-conserved'],
    change(raw, random) {
      const account = anyOf(
        random,
        statesOf(raw, 'account').filter(({ account: name }) => name.startsWith('player:')),
      )
      if (account === undefined) return false
      const player_id = account.account.replace('player:', '')
      const fields = { round_id: null, game_id: null, created_at_ms: raw.run.started_at_ms, amount_minor: 50 }
      addTransfer(raw, { transfer_id: 't-none', key: 'none', transfer_kind: 'deposit', player_id, ...fields })
      raw.ledger = raw.ledger.filter((line) => !(line.kind === 'transfer' && line.transfer_id === 't-none'))
      return true
    },
  },
]
