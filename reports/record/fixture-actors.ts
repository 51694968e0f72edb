import { createHash } from 'node:crypto'
import type { HistoryLine } from './format.ts'
import { fixtureGame, type LedgerModel } from './fixture-ledger.ts'

// What happens beside the load of a synthetic run, when it is over, one operation after another: somebody reads and verifies, somebody
// protects himself, an operator suspends and reinstates, a thief tries, and in the end every seed is revealed.

export const carefulPlayer = 'c-1'
const day_ms = 86_400_000

type Value = Record<string, unknown>
type Extra = Pick<HistoryLine, 'key' | 'login' | 'actor'>

/** Each operation takes 20 ms, and the next one begins 10 ms later; what the books do happens in its middle. */
function scribe(begin_ms: number) {
  const lines: HistoryLine[] = []
  let at_ms = begin_ms
  let number = 0
  const write = (kind: string, player_id: string, request: Value, extra: Extra, type: 'ok' | 'fail', value: Value) => {
    const common = { operation_id: `a-${++number}`, kind, player_id, ...extra }
    lines.push({ ...common, type: 'invoke', at_ms, planned_ms: at_ms, value: request })
    lines.push({ ...common, type, at_ms: at_ms + 20, value })
    at_ms += 30
    return common.operation_id
  }
  return {
    lines,
    now_ms: () => at_ms + 10,
    wait: (ms: number) => void (at_ms += ms),
    ok: (kind: string, player_id: string, request: Value, value: Value, extra: Extra = {}) =>
      write(kind, player_id, request, extra, 'ok', value),
    fail: (kind: string, player_id: string, request: Value, code: string, extra: Extra = {}) =>
      write(kind, player_id, request, extra, 'fail', { code }),
  }
}
type Scribe = ReturnType<typeof scribe>

export function actorsOf(players: readonly string[], begin_ms: number, ledger: LedgerModel): HistoryLine[] {
  const scribed = scribe(begin_ms)
  for (const player_id of players.slice(0, 2)) reads(scribed, player_id, ledger)
  careful(scribed, ledger)
  operator(scribed, players[0]!, ledger)
  thief(scribed, players[0]!)
  for (const player_id of players) reveal(scribed, player_id, ledger)
  return scribed.lines
}

const seedOf = (player_id: string): string => createHash('sha256').update(`seed of ${player_id}`).digest('hex')
const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')

function reads({ ok }: Scribe, player_id: string, ledger: LedgerModel): void {
  const rounds = ledger.rounds(player_id)
  const { balance_minor, version } = ledger.balance(player_id)
  ok('balance', player_id, {}, { balance_minor, held_minor: 0, available_minor: balance_minor, version })
  const listed = rounds
    .slice(0, 20)
    .map(({ round_id, game_id, stake_minor, win_minor }) => ({ round_id, game_id, stake_minor, win_minor }))
  ok('history', player_id, {}, { rounds: listed })
  const server_seed_hash = hashOf(seedOf(player_id))
  const next_server_seed_hash = hashOf(`next of ${player_id}`)
  ok('seed', player_id, {}, { server_seed_hash, next_nonce: rounds.length, next_server_seed_hash })
  const [round] = rounds
  if (round === undefined) return
  const { kind: _kind, key: _key, player_id: _of, session_id: _session, server_seed: _secret, ...proof } = round
  ok('proof', player_id, { round_id: round.round_id }, { ...proof, reels: fixtureGame.reels, pays: fixtureGame.pays })
}

function reveal({ ok }: Scribe, player_id: string, ledger: LedgerModel): void {
  const server_seed = seedOf(player_id)
  const revealed = { server_seed, server_seed_hash: hashOf(server_seed), rounds: ledger.rounds(player_id).length }
  const next = {
    server_seed_hash: hashOf(`next of ${player_id}`),
    next_nonce: 0,
    next_server_seed_hash: hashOf('later'),
  }
  ok('rotate_seed', player_id, {}, { revealed, next })
}

/** Sets a limit, plays until it refuses, excludes himself, and tries again. */
function careful({ ok, fail, now_ms }: Scribe, ledger: LedgerModel): void {
  const player_id = carefulPlayer
  const session_id = 's-c-1'
  const { game_id } = fixtureGame
  const limit = { daily_loss_max_minor: 300 }
  const event = (at_ms: number) => ({ occurred_at_ms: Math.round(at_ms), player_id })
  const key = (name: string) => ({ key: `fixture-careful-${name}`, actor: 'careful' })
  const opened = { session_id, game_id }
  ledger.publish('session', { ...event(now_ms()), type: 'session.opened', id: 'e-s-c-1', ...opened })
  ok('open_session', player_id, { game_id }, opened)
  const amount = { amount_minor: 5_000 }
  ok('deposit', player_id, amount, ledger.deposit(player_id, key('deposit').key, 5_000, now_ms()), key('deposit'))
  const effective_at_ms = Math.round(now_ms())
  const changed = { id: 'e-limit-c-1', ...limit, effective_at_ms }
  ledger.publish('session', { ...event(now_ms()), type: 'limit.changed', ...changed })
  const shown = (lost_today_minor: number) => ({ ...limit, pending: null, lost_today_minor, excluded_until_ms: null })
  ok('set_limits', player_id, limit, shown(0))
  let lost = 0
  for (let spun = 0; spun < 50 && lost + 100 <= 300; spun++) {
    const request = { session_id, stake_minor: 100, client_seed: `careful-${spun}` }
    const answer = ledger.spin(player_id, key(`spin-${spun}`).key, request, now_ms()) as Value
    lost += 100 - Number(answer['win_minor'])
    ok('spin', player_id, request, answer, key(`spin-${spun}`))
  }
  const again = { session_id, stake_minor: 100, client_seed: 'once-more' }
  if (lost + 100 > 300) fail('spin', player_id, again, 'loss_limit_reached', key('over'))
  ok('limits', player_id, {}, shown(lost))
  const until_ms = Math.round(now_ms()) + day_ms
  ledger.publish('session', { ...event(now_ms()), type: 'player.excluded', id: 'e-exclusion-c-1', until_ms })
  ok('self_exclude', player_id, { days: 1 }, { excluded_until_ms: until_ms })
  fail('spin', player_id, again, 'self_excluded', key('excluded'))
  fail('deposit', player_id, amount, 'self_excluded', key('deposit-excluded'))
  fail('open_session', player_id, { game_id }, 'self_excluded')
}

/** A player logs in, refreshes twice with one token, is logged out, suspended, and reinstated. */
function operator({ ok, fail, wait, now_ms }: Scribe, player_id: string, ledger: LedgerModel): void {
  const lasts = { player_id, expires_in_s: 900 }
  const shown = () => ({ ...ledger.balance(player_id) })
  const first = ok('login', player_id, {}, lasts)
  const second = ok('refresh', player_id, {}, lasts, { login: first })
  ok('balance', player_id, {}, shown(), { login: second })
  fail('refresh', player_id, {}, 'unauthenticated', { login: first })
  wait(11_000)
  fail('balance', player_id, {}, 'token_revoked', { login: second })
  const of = { occurred_at_ms: Math.round(now_ms()), player_id, operator_id: 'operator-1' }
  ledger.publish('identity', { ...of, type: 'player.suspended', id: 'e-suspended-1' })
  ok('suspend', 'operator-1', { player_id }, { player_id, suspended: true }, { actor: 'operator' })
  fail('login', player_id, {}, 'account_suspended')
  ledger.publish('identity', { ...of, type: 'player.reinstated', id: 'e-reinstated-1' })
  ok('reinstate', 'operator-1', { player_id }, { player_id, suspended: false }, { actor: 'operator' })
  const third = ok('login', player_id, {}, lasts)
  ok('logout', player_id, {}, { logged_out: true }, { login: third })
  wait(11_000)
  fail('balance', player_id, {}, 'token_revoked', { login: third })
}

function thief({ fail }: Scribe, player_id: string): void {
  const actor = { actor: 'thief' }
  const amount_minor = 1_000
  const key = (name: string) => ({ ...actor, key: `fixture-thief-${name}` })
  fail('deposit', player_id, { amount_minor, attack: 'replay' }, 'request_replayed', key('replay'))
  fail('withdraw', player_id, { amount_minor, attack: 'other-key' }, 'signature_invalid', key('other'))
  fail('login', player_id, { attack: 'guess' }, 'unauthenticated', actor)
  fail('balance', player_id, { attack: 'forged-token' }, 'unauthenticated', actor)
}
