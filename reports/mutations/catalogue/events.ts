import { anyOf, remove, statesOf } from '../lines.ts'
import type { RawRecord } from '../../record/fixture.ts'
import type { Mutation } from '../mutation.ts'

const trail = ['audit-chain'] as const

const isAudit = ({ kind }: RawRecord['ledger'][number]): boolean => kind === 'audit' || kind === 'audit_head'

/** Contradictions between the books and what was told of them: nothing is derived anew. */
const told = (name: string, what: string, seen_by: readonly string[], change: Mutation['change']): Mutation => ({
  name,
  what,
  seen_by,
  derived: false,
  change,
})

export const eventMutations: readonly Mutation[] = [
  told('event-lost', 'an event of an outbox never reached the log', ['outbox-log'], (raw, random) => {
    const line = anyOf(random, statesOf(raw, 'log'))
    remove(raw, (each) => each === line)
    return line !== undefined
  }),
  told('event-twice', 'an event is in the log twice', ['outbox-log'], (raw, random) => {
    const line = anyOf(random, statesOf(raw, 'log'))
    if (line !== undefined) raw.ledger.push(structuredClone(line))
    return line !== undefined
  }),
  told('event-of-nothing', 'an event is in the log that no outbox has', ['outbox-log'], (raw, random) => {
    const row = anyOf(random, statesOf(raw, 'outbox'))
    remove(raw, (each) => each === row)
    return row !== undefined
  }),
  told('event-unpublished', 'an event stayed in its outbox', ['outbox-log'], (raw, random) => {
    const row = anyOf(random, statesOf(raw, 'outbox'))
    if (row !== undefined) row.published = false
    return row !== undefined
  }),
  told('event-changed', 'an event tells another amount than its transfer', ['outbox-log'], (raw, random) => {
    const line = anyOf(
      random,
      statesOf(raw, 'log').filter(({ event }) => event.type === 'wallet.transferred'),
    )
    if (line?.event.type !== 'wallet.transferred') return false
    line.event.amount_minor += 1
    return true
  }),
  told('no-log-at-all', 'the whole event log is gone', ['outbox-log'], (raw) => {
    const had = raw.ledger.some(({ kind }) => kind === 'log')
    remove(raw, ({ kind }) => kind === 'log')
    return had
  }),
  told('no-events-at-all', 'outbox and log are gone', ['outbox-log'], (raw) => {
    const had = raw.ledger.some(({ kind }) => kind === 'log')
    remove(raw, ({ kind }) => kind === 'log' || kind === 'outbox')
    return had
  }),
  told('read-model-off', 'a read model of a player is a unit off', ['read-models'], (raw, random) => {
    const model = anyOf(random, statesOf(raw, 'player_model'))
    if (model !== undefined) model.balance_minor += 1
    return model !== undefined
  }),
  told('read-model-of-a-game-off', 'a read model of a game counts a round twice', ['read-models'], (raw, random) => {
    const model = anyOf(
      random,
      statesOf(raw, 'game_model').filter(({ rounds }) => rounds > 0),
    )
    if (model !== undefined) model.rounds += 1
    return model !== undefined
  }),
  told('read-model-missing', 'a player has no read model', ['read-models'], (raw, random) => {
    const model = anyOf(
      random,
      statesOf(raw, 'player_model').filter(({ version }) => version > 0),
    )
    remove(raw, (each) => each === model)
    return model !== undefined
  }),
  told('audit-trail-missing', 'the whole audit trail is gone', trail, (raw) => {
    const had = raw.ledger.some(isAudit)
    remove(raw, isAudit)
    return had
  }),
  told('audit-entry-changed', 'an entry of the audit trail was changed', trail, (raw, random) => {
    const line = anyOf(random, statesOf(raw, 'audit'))
    if (line !== undefined) line.entry.subject = 'somebody else'
    return line !== undefined
  }),
  told('audit-cut-short', 'the newest entries of the audit trail are gone', trail, (raw) => {
    const entries = statesOf(raw, 'audit')
    const last = Math.max(0, ...entries.map(({ entry }) => entry.sequence))
    remove(raw, (line) => line.kind === 'audit' && line.entry.sequence > last - 2)
    return entries.length > 2
  }),
  {
    name: 'audit-entry-left-out',
    what: 'the audit trail is a whole chain that leaves an event out',
    seen_by: ['audit-chain', 'outbox-log'],
    change(raw, random) {
      // With its event gone from the log, the chain that is derived anew does not have it.
      const line = anyOf(
        random,
        statesOf(raw, 'log').filter(({ event }) => event.type.startsWith('wallet.hold_')),
      )
      remove(raw, (each) => each === line)
      return line !== undefined
    },
  },
]
