import { onBoth, attacking } from './attacks.ts'
import type { Action, PlayerView, Turn } from './journey.ts'

// What a thief asks for who is rightly logged in, to an account of his own: what is another player's, or for another role. The signature is
// his and right, so only whoever looks at owners and roles refuses him.

/** Name of the attack → its steps. */
export const trespasses: Readonly<Record<string, (view: PlayerView) => Turn>> = {
  *'payout-of-another'() {
    const [asked] = yield [{ action: { kind: 'ask_payout', amount_minor: 50 }, as: 'victim', counted: false }]
    const payout_id = asked?.body['payout_id']
    if (asked?.outcome !== 'ok' || typeof payout_id !== 'string') return
    yield (['payout', 'cancel_payout', 'confirm_payout'] as const).flatMap((kind) =>
      onBoth(attacking({ kind, payout_id }, { name: 'payout-of-another' })),
    )
    yield [{ action: { kind: 'cancel_payout', payout_id }, as: 'victim', counted: false }]
  },
  *'session-of-another'() {
    const [spin] = yield [victimsSpin]
    const session_id = sessionIn(spin?.sent.body ?? '')
    const round_id = spin?.body['round_id']
    if (spin?.outcome !== 'ok' || typeof session_id !== 'string') return
    const actions: Action[] = [
      { kind: 'spin', stake_minor: 20, client_seed: 'somebody', session_id },
      { kind: 'reality_check', session_id },
      ...(typeof round_id === 'string' ? [{ kind: 'proof' as const, round_id }] : []),
    ]
    yield actions.flatMap((action) => onBoth(attacking(action, { name: 'session-of-another' })))
  },
  *'name-of-another'({ victim_id }) {
    if (victim_id === '') return
    const registers = onBoth(attacking({ kind: 'register' }, { name: 'name-of-another' }))
    yield registers.map((request) => ({ ...request, as: 'victim' as const }))
  },
  *'role-of-another'({ victim_id }) {
    const staff = (['suspend', 'reinstate'] as const).flatMap((kind) =>
      onBoth(attacking({ kind, player_id: victim_id }, { name: 'role-of-another' })),
    )
    const players: Action[] = [{ kind: 'deposit', amount_minor: 1_00 }, { kind: 'balance' }]
    yield [
      ...(victim_id === '' ? [] : staff),
      ...players.map((action) => ({ ...attacking(action, { name: 'role-of-another' }), as: 'operator' as const })),
    ]
  },
}

const victimsSpin = {
  action: { kind: 'spin', stake_minor: 20, client_seed: 'victim' },
  as: 'victim',
  counted: false,
} as const

const sessionIn = (body: string): unknown =>
  body === '' ? undefined : (JSON.parse(body) as { session_id?: unknown }).session_id
