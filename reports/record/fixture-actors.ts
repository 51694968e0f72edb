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
  // Long after: what is not in a history now will never be.
  scribed.wait(30_000)
  for (const player_id of players.slice(0, 2)) scribed.ok('history', player_id, {}, ledger.history(player_id))
  for (const player_id of players) reveal(scribed, player_id, ledger)
  return scribed.lines
}

const seedOf = (player_id: string): string => createHash('sha256').update(`seed of ${player_id}`).digest('hex')
const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')

function reads({ ok }: Scribe, player_id: string, ledger: LedgerModel): void {
  const rounds = ledger.rounds(player_id)
  const { balance_minor, version } = ledger.balance(player_id)
  ok('balance', player_id, {}, { balance_minor, held_minor: 0, available_minor: balance_minor, version })
  ok('history', player_id, {}, ledger.history(player_id))
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
    next_server_seed_hash: hashOf(`later of ${player_id}`),
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

/** Somebody looks at the games and registers. A player logs in, refreshes twice, is suspended, reinstated, and logs out. */
function operator({ ok, fail, wait, now_ms }: Scribe, player_id: string, ledger: LedgerModel): void {
  const { game_id, version, return_to_player } = fixtureGame
  ok('games', 'nobody', {}, { games: [{ game_id, title: 'Sevens', version, return_to_player }] })
  const lasts = { player_id, expires_in_s: 900 }
  const shown = () => ({ ...ledger.balance(player_id) })
  const tell = (event: Parameters<typeof ledger.publish>[1]) => ledger.publish('identity', event)
  const at = (of = player_id) => ({ occurred_at_ms: Math.round(now_ms()), player_id: of })
  const logIn = (of: string, login_id: string, request: Value = {}) => {
    tell({ ...at(of), type: 'identity.logged_in', id: `e-${login_id}`, login_id, role: 'player' })
    return ok('login', of, request, { ...lasts, player_id: of })
  }
  const name = { name: 'somebody' }
  tell({ ...at('n-1'), type: 'identity.player_registered', id: 'e-registered-1' })
  ok('register', 'n-1', name, { player_id: 'n-1' })
  logIn('n-1', 'login-n-1', name)
  const first = logIn(player_id, 'login-1')
  const second = ok('refresh', player_id, {}, lasts, { login: first })
  ok('balance', player_id, {}, shown(), { login: second })
  fail('refresh', player_id, {}, 'unauthenticated', { login: first })
  wait(11_000)
  fail('balance', player_id, {}, 'token_revoked', { login: second })
  const byOperator = () => ({ ...at(), operator_id: 'operator-1' })
  tell({ ...byOperator(), type: 'player.suspended', id: 'e-suspended-1' })
  ok('suspend', 'operator-1', { player_id }, { player_id, suspended: true }, { actor: 'operator' })
  fail('login', player_id, {}, 'account_suspended')
  tell({ ...byOperator(), type: 'player.reinstated', id: 'e-reinstated-1' })
  ok('reinstate', 'operator-1', { player_id }, { player_id, suspended: false }, { actor: 'operator' })
  const third = logIn(player_id, 'login-3')
  tell({ ...at(), type: 'identity.logged_out', id: 'e-logout-3', login_id: 'login-3', cause: 'logout' })
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
