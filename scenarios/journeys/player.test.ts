import { expect, test } from 'vitest'
import { draws } from '../k6/draw.ts'
import { journeys, profiles, describe } from '../registry.ts'
import { player, spinner } from './player.ts'

const rich = { balance_minor: 1_000_000 }

test('the mix of operations is as the title says', () => {
  const counts: Record<string, number> = {}
  const arrivals = 20_000
  for (let index = 0; index < arrivals; index++) {
    const { kind } = player.next(draws('mix', index), rich)
    counts[kind] = (counts[kind] ?? 0) + 1
  }
  const shares = { spin: 0.78, balance: 0.08, history: 0.04, deposit: 0.08, games: 0.02 }
  for (const [kind, share] of Object.entries(shares)) {
    // four standard deviations of a binomial share
    expect(Math.abs((counts[kind] ?? 0) / arrivals - share)).toBeLessThan(
      4 * Math.sqrt((share * (1 - share)) / arrivals),
    )
  }
})

test('a spinner only spins, as long as there is money', () => {
  const kinds = (balance_minor: number) =>
    new Set(Array.from({ length: 200 }, (_, index) => spinner.next(draws('spins', index), { balance_minor }).kind))
  expect(kinds(1_000_000)).toEqual(new Set(['spin']))
  expect(kinds(0)).toEqual(new Set(['deposit']))
})

test('the same seed and arrival give the same action, another seed others', () => {
  const actions = (seed: string) => Array.from({ length: 50 }, (_, index) => player.next(draws(seed, index), rich))
  expect(actions('one')).toEqual(actions('one'))
  expect(actions('one')).not.toEqual(actions('two'))
})

test('a player without funds deposits instead of spinning; one who does not know spins', () => {
  const kinds = (balance_minor: number | null) =>
    new Set(Array.from({ length: 200 }, (_, index) => player.next(draws('funds', index), { balance_minor }).kind))
  expect(kinds(0)).not.toContain('spin')
  expect(kinds(null)).toContain('spin')
})

test('the registry names each entry by its own name', () => {
  for (const [name, entry] of [...Object.entries(journeys), ...Object.entries(profiles)]) expect(entry.name).toBe(name)
  expect(describe().map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    'journey player',
    'journey spinner',
    'profile climb',
    'profile steady',
    'profile surge',
  ])
})
