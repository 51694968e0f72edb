import { guesses_looked_at } from '#sut/contracts/promises.ts'
import { anyOf, asked, type Asked } from '../lines.ts'
import type { RawRecord } from '../../record/fixture.ts'
import type { Mutation } from '../mutation.ts'

// Who must not get in, and got in all the same.

/** One that was refused with this code is served as the newest of its kind was. */
function admit(raw: RawRecord, refused: readonly Asked[], like: readonly string[]): boolean {
  const [found] = refused
  const [served] = asked(raw, like)
    .filter(({ end }) => end.player_id === found?.end.player_id)
    .slice(-1)
  if (found === undefined || served === undefined) return false
  found.end.type = 'ok'
  found.end.value = { ...served.end.value }
  return true
}

const attacksOf = (raw: RawRecord): Asked[] =>
  asked(raw, ['deposit', 'withdraw', 'login', 'balance'], 'fail').filter(({ invoke }) => 'attack' in invoke.value)

const refusedWith = (raw: RawRecord, kind: string, code: string): Asked[] =>
  asked(raw, [kind], 'fail').filter(({ invoke, end }) => end.value['code'] === code && !('attack' in invoke.value))

const admitted = (name: string, what: string, kind: string, code: string): Mutation => ({
  name,
  what,
  seen_by: ['logins-end'],
  derived: false,
  change: (raw, random) => admit(raw, random.sample(refusedWith(raw, kind, code), 20), [kind]),
})

export const loginMutations: readonly Mutation[] = [
  admitted('refreshed-twice', 'one refresh token gave two logins', 'refresh', 'unauthenticated'),
  admitted('served-after-the-end', 'a token was good after its login had ended', 'balance', 'token_revoked'),
  admitted('login-while-suspended', 'a suspended player logged in', 'login', 'account_suspended'),
  {
    name: 'attack-served',
    what: 'an attack was acknowledged',
    seen_by: ['thief-gets-nothing'],
    derived: false,
    change: (raw, random) => admit(raw, random.sample(attacksOf(raw), 20), ['deposit', 'balance']),
  },
  {
    name: 'attack-in-the-books',
    what: 'an attack was refused, and what it asked for is in the books',
    seen_by: ['thief-gets-nothing'],
    derived: false,
    change(raw, random) {
      const deposit = anyOf(
        random,
        asked(raw, ['deposit']).filter(({ end }) => end.actor === undefined),
      )
      const [attack] = attacksOf(raw)
      if (deposit === undefined || attack === undefined) return false
      // The deposit was an attack, whoever answers.
      deposit.invoke.value = { ...deposit.invoke.value, attack: 'replay' }
      for (const line of [deposit.invoke, deposit.end]) line.actor = 'thief'
      deposit.end.type = 'fail'
      deposit.end.value = { code: 'request_replayed' }
      return true
    },
  },
  {
    name: 'guesses-unbounded',
    what: 'more wrong passwords of one name were looked at than is promised',
    seen_by: ['thief-gets-nothing'],
    derived: false,
    change(raw) {
      const [guess] = asked(raw, ['login'], 'fail').filter(({ invoke }) => invoke.value['attack'] === 'guess')
      if (guess === undefined) return false
      for (let number = 0; number < guesses_looked_at.of_one_name_max; number++)
        for (const line of [guess.invoke, guess.end])
          raw.history.push({ ...line, operation_id: `guess-${number}`, at_ms: line.at_ms + number })
      raw.history.sort((one, other) => one.at_ms - other.at_ms)
      return true
    },
  },
  {
    name: 'attack-traced',
    what: 'a request of an attacker was traced because it asked to be',
    seen_by: ['thief-gets-nothing'],
    derived: false,
    change(raw, random) {
      const attack = anyOf(random, attacksOf(raw))
      if (attack === undefined) return false
      const trace_id = 'f'.repeat(32)
      attack.invoke.value = { ...attack.invoke.value, trace: trace_id }
      const [start_ms, end_ms] = [attack.invoke.at_ms, attack.end.at_ms]
      const where = { service: 'gateway', instance: 'gateway-a-1', region: 'a', name: attack.invoke.kind }
      const span = { trace_id, span_id: 'f'.repeat(16), parent_id: null, span_kind: 'server' as const }
      raw.spans = [...(raw.spans ?? []), { ...span, ...where, start_ms, end_ms, attributes: {}, error: null }]
      return true
    },
  },
]
