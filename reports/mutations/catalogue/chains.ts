import { anyOf, statesOf } from '../lines.ts'
import type { Mutation } from '../mutation.ts'

// Contradictions inside the books: nothing is derived anew.
const chain = ['entries-gapless-chained', 'money-conserved'] as const

export const chainMutations: readonly Mutation[] = [
  {
    name: 'entry-missing',
    what: 'an entry was removed from the middle of an account',
    seen_by: chain,
    derived: false,
    change(raw, random) {
      const entry = anyOf(random, statesOf(raw, 'entry'))
      if (entry === undefined) return false
      raw.ledger = raw.ledger.filter((line) => line !== entry)
      return true
    },
  },
  {
    name: 'entry-changed',
    what: 'the amount of an entry was changed afterwards',
    seen_by: chain,
    derived: false,
    change(raw, random) {
      const entry = anyOf(random, statesOf(raw, 'entry'))
      if (entry === undefined) return false
      entry.amount_minor += 1
      return true
    },
  },
  {
    name: 'entry-twice',
    what: 'an entry is there twice',
    seen_by: chain,
    derived: false,
    change(raw, random) {
      const entry = anyOf(random, statesOf(raw, 'entry'))
      if (entry === undefined) return false
      raw.ledger.push({ ...entry })
      return true
    },
  },
  {
    name: 'hash-changed',
    what: 'the hash of an entry does not follow from its content',
    seen_by: chain,
    derived: false,
    change(raw, random) {
      const entry = anyOf(random, statesOf(raw, 'entry'))
      if (entry === undefined) return false
      entry.hash = `${entry.hash.startsWith('0') ? '1' : '0'}${entry.hash.slice(1)}`
      return true
    },
  },
  {
    name: 'account-differs',
    what: 'the balance of an account is not that of its last entry',
    seen_by: chain,
    derived: false,
    change(raw, random) {
      const account = anyOf(
        random,
        statesOf(raw, 'account').filter(({ version }) => version > 0),
      )
      if (account === undefined) return false
      account.balance_minor += 1
      return true
    },
  },
  {
    name: 'account-behind',
    what: 'an account says an older version than its last entry',
    seen_by: chain,
    derived: false,
    change(raw, random) {
      const account = anyOf(
        random,
        statesOf(raw, 'account').filter(({ version }) => version > 0),
      )
      if (account === undefined) return false
      account.version -= 1
      return true
    },
  },
]
