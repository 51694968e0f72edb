import type { HistoryLine } from '../../record/format.ts'
import { asked } from '../lines.ts'
import type { Mutation } from '../mutation.ts'

// Answers that were not whole, or about something else.

/** Of one operation that was served; `changed` answers what it was told instead. */
const toldOf = (
  name: string,
  what: string,
  kind: string,
  seen_by: readonly string[],
  changed: (end: HistoryLine) => Record<string, unknown>,
): Mutation => ({
  name,
  what,
  seen_by,
  derived: false,
  change(raw, random) {
    const [found] = random.sample(asked(raw, [kind]), 1)
    if (found === undefined) return false
    found.end.value = { ...found.end.value, ...changed(found.end) }
    return true
  },
})

const whole = ['answers-whole'] as const

const emptied = (kind: string): Mutation => ({
  name: `empty-answer-${kind.replaceAll('_', '-')}`,
  what: `a ${kind} was acknowledged with nothing in the answer`,
  seen_by: whole,
  derived: false,
  change(raw, random) {
    const [found] = random.sample(asked(raw, [kind]), 1)
    if (found !== undefined) found.end.value = {}
    return found !== undefined
  },
})

const kinds = [
  'spin',
  'deposit',
  'balance',
  'history',
  'limits',
  'seed',
  'rotate_seed',
  'proof',
  'ask_payout',
  'cancel_payout',
  'open_session',
  'self_exclude',
  'login',
  'refresh',
  'logout',
  'suspend',
  'games',
]

export const answerMutations: readonly Mutation[] = [
  ...kinds.map(emptied),
  toldOf('login-of-another', 'a name and a password gave the login of another player', 'login', whole, () => ({
    player_id: 'somebody-else',
  })),
  toldOf('session-of-another-game', 'a session was opened for another game', 'open_session', whole, () => ({
    game_id: 'another',
  })),
  toldOf('suspension-denied', 'a suspension was acknowledged with its opposite', 'suspend', whole, () => ({
    suspended: false,
  })),
  toldOf('logout-denied', 'a logout was acknowledged with its opposite', 'logout', whole, () => ({
    logged_out: false,
  })),
  toldOf('amount-as-text', 'a balance was answered as a text', 'balance', whole, ({ value }) => ({
    balance_minor: String(value['balance_minor']),
  })),
  toldOf(
    'lost-today-made-up',
    'a player was told to have lost more than he staked',
    'limits',
    ['limits-kept'],
    ({ value }) => ({
      lost_today_minor: Number(value['lost_today_minor']) + 100_000,
    }),
  ),
  toldOf(
    'lost-today-hidden',
    'a player was told to have lost less than he did',
    'limits',
    ['limits-kept'],
    ({ value }) => ({
      lost_today_minor: Number(value['lost_today_minor']) - 100_000,
    }),
  ),
  toldOf(
    'return-overstated',
    'a game was shown with more than its reels and pays return',
    'games',
    ['proofs-hold'],
    ({ value }) => ({
      games: (value['games'] as Record<string, unknown>[]).map((game) => ({ ...game, return_to_player: 1.5 })),
    }),
  ),
  toldOf(
    'promised-seed-exchanged',
    'the seed that follows is not the one that was promised',
    'seed',
    ['proofs-hold'],
    () => ({
      next_server_seed_hash: 'ab'.repeat(32),
    }),
  ),
  toldOf('active-seed-exchanged', 'a seed was shown that was not in force', 'seed', ['proofs-hold'], () => ({
    server_seed_hash: 'ab'.repeat(32),
  })),
]
