import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { bundledMix, dealt, mixProblems } from './mix.ts'

const countsOf = (journeys: readonly string[]) => Map.groupBy(journeys, (name) => name)

test('the bundled mix is a whole, and every journey of it has a player where there are two for each', () => {
  expect(mixProblems(bundledMix)).toEqual([])
  for (const players of [24, 60, 150])
    expect([...countsOf(dealt(bundledMix, players)).keys()].toSorted()).toEqual(Object.keys(bundledMix).toSorted())
})

test('each journey has its share of the players, to one or the least', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 400 }),
      (weights, players) => {
        const sum = weights.reduce((total, weight) => total + weight, 0)
        const mix = Object.fromEntries(weights.map((weight, index) => [`j${index}`, weight / sum]))
        const journeys = dealt(mix, players)
        expect(journeys).toHaveLength(players)
        for (const [name, share] of Object.entries(mix))
          expect(Math.abs((countsOf(journeys).get(name)?.length ?? 0) - share * players)).toBeLessThanOrEqual(
            weights.length,
          )
      },
    ),
  )
})

test('players of one journey live in both regions', () => {
  const numbers = dealt(bundledMix, 150).flatMap((name, number) => (name === 'two-devices' ? [number % 2] : []))
  expect(new Set(numbers).size).toBe(2)
})
