import { expect, test } from 'vitest'
import { draws } from '../k6/draw.ts'
import { journeys, profiles, describe } from '../registry.ts'
import type { Action, Journey, PlayerView } from './journey.ts'
import { player, spinner } from './player.ts'

const rich: PlayerView = {
  balance_minor: 1_000_000,
  held_minor: 0,
  payout_id: '',
  round_id: '',
  credentials: { token: '', signing_key: '', refresh_token: '', login: '' },
  victim_id: '',
  now_ms: 0,
  arrival: 0,
}

/** What a player does who does one thing at a time. */
function next(journey: Journey, draw: () => number, view: PlayerView): Action {
  const { value } = journey.begin()(draw, view).next([])
  if (!Array.isArray(value)) throw new Error('it does nothing')
  expect(value).toHaveLength(1)
  return (value[0] as { action: Action }).action
}

test('the mix of operations is as the title says', () => {
  const counts: Record<string, number> = {}
  const arrivals = 20_000
  for (let index = 0; index < arrivals; index++) {
    const { kind } = next(player, draws('mix', index), rich)
    counts[kind] = (counts[kind] ?? 0) + 1
  }
  const shares = { spin: 0.74, balance: 0.08, history: 0.04, deposit: 0.08, games: 0.02, ask_payout: 0.04 }
  for (const [kind, share] of Object.entries(shares)) {
    // four standard deviations of a binomial share
    expect(Math.abs((counts[kind] ?? 0) / arrivals - share)).toBeLessThan(
      4 * Math.sqrt((share * (1 - share)) / arrivals),
    )
  }
})

test('a spinner only spins, as long as there is money', () => {
  const kinds = (balance_minor: number) =>
    new Set(
      Array.from({ length: 200 }, (_, index) => next(spinner, draws('spins', index), { ...rich, balance_minor }).kind),
    )
  expect(kinds(1_000_000)).toEqual(new Set(['spin']))
  expect(kinds(0)).toEqual(new Set(['deposit']))
})

test('the same seed and arrival give the same action, another seed others', () => {
  const actions = (seed: string) => Array.from({ length: 50 }, (_, index) => next(player, draws(seed, index), rich))
  expect(actions('one')).toEqual(actions('one'))
  expect(actions('one')).not.toEqual(actions('two'))
})

test('a player without funds deposits instead of spinning; one who does not know spins', () => {
  const kinds = (balance_minor: number | null) =>
    new Set(
      Array.from({ length: 200 }, (_, index) => next(player, draws('funds', index), { ...rich, balance_minor }).kind),
    )
  expect(kinds(0)).not.toContain('spin')
  expect(kinds(null)).toContain('spin')
})

test('money that a payout keeps aside is not played with, nor asked for again', () => {
  const view = { ...rich, balance_minor: 10_00, held_minor: 10_00 }
  const kinds = Array.from({ length: 2_000 }, (_, index) => next(player, draws('held', index), view).kind)
  expect(kinds).not.toContain('spin')
  expect(kinds).not.toContain('ask_payout')
})

test('a payout that was asked for is confirmed, or now and then cancelled, before there is another', () => {
  const view = { ...rich, payout_id: 'h-1' }
  const actions = Array.from({ length: 20_000 }, (_, index) => next(player, draws('payout', index), view))
  const ends = actions.filter((action) => 'payout_id' in action)
  expect(ends.every(({ payout_id }) => payout_id === 'h-1')).toBe(true)
  expect(actions.some(({ kind }) => kind === 'ask_payout')).toBe(false)
  const confirmed = ends.filter(({ kind }) => kind === 'confirm_payout').length
  expect(Math.abs(confirmed / ends.length - 0.75)).toBeLessThan(4 * Math.sqrt((0.75 * 0.25) / ends.length))
})

test('the registry names each entry by its own name', () => {
  for (const [name, entry] of [...Object.entries(journeys), ...Object.entries(profiles)]) expect(entry.name).toBe(name)
  expect(describe().map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    'journey player',
    'journey two-devices',
    'journey same-key',
    'journey reader',
    'journey impatient',
    'journey careful',
    'journey operator',
    'journey thief',
    'journey flooder',
    'journey spinner',
    'profile climb',
    'profile steady',
    'profile surge',
  ])
})
