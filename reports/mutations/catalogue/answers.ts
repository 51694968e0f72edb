import { asked } from '../lines.ts'
import { onAnswer } from '../on-answer.ts'
import type { Mutation } from '../mutation.ts'

// Answers that were not whole, or about something else.

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
  onAnswer('login-of-another', 'a name and a password gave the login of another player', 'login', whole, () => ({
    player_id: 'somebody-else',
  })),
  onAnswer('session-of-another-game', 'a session was opened for another game', 'open_session', whole, () => ({
    game_id: 'another',
  })),
  onAnswer('suspension-denied', 'a suspension was acknowledged with its opposite', 'suspend', whole, () => ({
    suspended: false,
  })),
  onAnswer('logout-denied', 'a logout was acknowledged with its opposite', 'logout', whole, () => ({
    logged_out: false,
  })),
  onAnswer('amount-as-text', 'a balance was answered as a text', 'balance', whole, ({ end: { value } }) => ({
    balance_minor: String(value['balance_minor']),
  })),
  onAnswer(
    'lost-today-made-up',
    'a player was told to have lost more than he staked',
    'limits',
    ['limits-kept'],
    ({ end: { value } }) => ({
      lost_today_minor: Number(value['lost_today_minor']) + 100_000,
    }),
  ),
  onAnswer(
    'lost-today-hidden',
    'a player was told to have lost less than he did',
    'limits',
    ['limits-kept'],
    ({ end: { value } }) => ({
      lost_today_minor: Number(value['lost_today_minor']) - 100_000,
    }),
  ),
  onAnswer(
    'return-overstated',
    'a game was shown with more than its reels and pays return',
    'games',
    ['proofs-hold'],
    ({ end: { value } }) => ({
      games: (value['games'] as Record<string, unknown>[]).map((game) => ({ ...game, return_to_player: 1.5 })),
    }),
  ),
  onAnswer(
    'promised-seed-exchanged',
    'the seed that follows is not the one that was promised',
    'seed',
    ['proofs-hold'],
    () => ({
      next_server_seed_hash: 'ab'.repeat(32),
    }),
  ),
  onAnswer('active-seed-exchanged', 'a seed was shown that was not in force', 'seed', ['proofs-hold'], () => ({
    server_seed_hash: 'ab'.repeat(32),
  })),
]
