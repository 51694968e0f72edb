import { anyOf, asked, statesOf, type Hold } from '../lines.ts'
import type { RawRecord } from '../../record/fixture.ts'
import type { Mutation } from '../mutation.ts'

const onHold = (name: string, what: string, fits: (hold: Hold) => boolean, change: (hold: Hold) => void): Mutation => ({
  name,
  what,
  seen_by: ['holds-end', 'acknowledged-lost', 'holds-over-time', 'effects-as-asked'],
  change(raw, random) {
    const hold = anyOf(random, statesOf(raw, 'hold').filter(fits))
    if (hold === undefined) return false
    change(hold)
    return true
  },
})

export const holdMutations: readonly Mutation[] = [
  onHold(
    'hold-never-ended',
    'money stayed aside after its time was over',
    ({ status }) => status !== 'open',
    (hold) =>
      Object.assign(hold, {
        status: 'open',
        ended_at_ms: null,
        captured_minor: 0,
        transfer_id: null,
        overdue_ms: 60_000,
      }),
  ),
  onHold(
    'hold-released-late',
    'a hold was released after its time was over',
    ({ status, ended_at_ms }) => status === 'released' && ended_at_ms !== null,
    (hold) => (hold.expires_at_ms = hold.ended_at_ms! - 1),
  ),
  onHold(
    'hold-captured-without-money',
    'a hold says that it was captured, and no money left',
    ({ status }) => status === 'released',
    (hold) =>
      Object.assign(hold, { status: 'captured', captured_minor: hold.amount_minor, transfer_id: 't-of-nobody' }),
  ),
  {
    name: 'held-not-counted',
    what: 'an account holds aside what no open hold says',
    seen_by: ['holds-end'],
    derived: false,
    change(raw, random) {
      const account = anyOf(
        random,
        statesOf(raw, 'account').filter(({ held_minor }) => held_minor !== undefined),
      )
      if (account === undefined) return false
      account.held_minor! += 5
      return true
    },
  },
  {
    name: 'hold-of-more-than-there-was',
    what: 'more money was set aside than the account had then',
    seen_by: ['holds-over-time'],
    change(raw, random) {
      const found = anyOf(random, payoutsWithHold(raw))
      if (found === undefined) return false
      const { hold, invoke, end } = found
      const most = 1e9
      hold.amount_minor = most
      if (hold.captured_minor > 0) return false
      invoke.value = { ...invoke.value, amount_minor: most }
      for (const line of raw.history)
        if (line.type === 'ok' && line.value['payout_id'] === hold.hold_id)
          line.value = { ...line.value, amount_minor: most }
      return end.value['payout_id'] === hold.hold_id
    },
  },
]

const payoutsWithHold = (raw: RawRecord) =>
  asked(raw, ['ask_payout']).flatMap((found) => {
    const hold = statesOf(raw, 'hold').find(({ hold_id }) => hold_id === found.end.value['payout_id'])
    return hold === undefined ? [] : [{ ...found, hold }]
  })
