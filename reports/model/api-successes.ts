// What the public API says that its successes have: written from its contract, as a client that knows nothing of the system would read
// it. A field that is not there, or is of another kind, is an answer that nobody can use, however right the rest is.

type Is = (value: unknown) => boolean

const text: Is = (value) => typeof value === 'string' && value.length > 0
const whole: Is = (value) => Number.isSafeInteger(value)
const count: Is = (value) => whole(value) && Number(value) >= 0
const amount: Is = (value) => whole(value) && Number(value) > 0
const hash: Is = (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
const list =
  (each: Is): Is =>
  (value) =>
    Array.isArray(value) && value.every(each)
const orNull =
  (is: Is): Is =>
  (value) =>
    value === null || is(value)
const orAbsent =
  (is: Is): Is =>
  (value) =>
    value === undefined || is(value)
const exactly =
  (...wanted: unknown[]): Is =>
  (value) =>
    wanted.includes(value)
const having =
  (fields: Readonly<Record<string, Is>>): Is =>
  (value) =>
    typeof value === 'object' && value !== null && lacking(value, fields) === null

const ofPlayer = { player_id: text }
const account = { balance_minor: count, held_minor: count, available_minor: count, version: count }
const moved = { transfer_id: text, balance_minor: count, version: amount }
const payout = { payout_id: text, amount_minor: amount }
const seed = { server_seed_hash: hash, next_nonce: count, next_server_seed_hash: hash }
const limit = { daily_loss_max_minor: orNull(count) }
const limits = {
  ...limit,
  pending: orNull(having({ ...limit, effective_at_ms: count })),
  lost_today_minor: whole,
  excluded_until_ms: orNull(count),
}
const played = { round_id: text, game_id: text, stake_minor: amount, win_minor: count }
const game = { game_id: text, title: text, version: amount, return_to_player: (value: unknown) => Number(value) > 0 }

/** By kind of operation; of a login the history keeps no secret. */
const successes: Readonly<Record<string, Readonly<Record<string, Is>>>> = {
  register: ofPlayer,
  login: { ...ofPlayer, expires_in_s: amount },
  refresh: { ...ofPlayer, expires_in_s: amount },
  logout: { logged_out: exactly(true) },
  games: { games: list(having(game)) },
  open_session: { session_id: text, game_id: text },
  deposit: moved,
  withdraw: moved,
  spin: {
    round_id: text,
    status: exactly('completed'),
    stops: list(count),
    stake_minor: amount,
    win_minor: count,
    balance_minor: count,
    version: amount,
    server_seed_hash: hash,
    nonce: count,
  },
  // Held and available are absent while a wallet of before holds answers.
  balance: { ...account, held_minor: orAbsent(count), available_minor: orAbsent(count) },
  history: { rounds: list(having(played)) },
  ask_payout: { ...payout, expires_at_ms: count, ...account },
  payout: {
    ...payout,
    status: exactly('open', 'captured', 'released', 'expired'),
    expires_at_ms: count,
    transfer_id: orNull(text),
  },
  confirm_payout: { ...payout, ...moved },
  cancel_payout: { ...payout, cancelled: exactly(true) },
  seed,
  rotate_seed: {
    revealed: having({ server_seed: text, server_seed_hash: hash, rounds: count }),
    next: having(seed),
  },
  proof: {
    round_id: text,
    status: exactly('completed', 'cancelled'),
    game_id: text,
    game_version: amount,
    reels: list(list(count)),
    pays: having({}),
    stake_minor: amount,
    win_minor: count,
    stops: orAbsent(list(count)),
    server_seed_hash: hash,
    client_seed: text,
    nonce: count,
    server_seed: orAbsent(text),
  },
  limits,
  set_limits: limits,
  self_exclude: { excluded_until_ms: count },
  reality_check: {
    session_id: text,
    played_ms: count,
    next_check_at_ms: count,
    net_result_minor: orAbsent(orNull(whole)),
  },
  suspend: { ...ofPlayer, suspended: exactly(true) },
  reinstate: { ...ofPlayer, suspended: exactly(false) },
}

/** The first field that an answer of this kind should have and has not, or has of another kind; null: it is whole. */
export function lackingIn(kind: string, value: Readonly<Record<string, unknown>>): string | null {
  const fields = successes[kind]
  return fields === undefined ? null : lacking(value, fields)
}

function lacking(value: object, fields: Readonly<Record<string, Is>>): string | null {
  const wrong = Object.entries(fields).find(([name, is]) => !is(Reflect.get(value, name)))
  return wrong === undefined ? null : wrong[0]
}
