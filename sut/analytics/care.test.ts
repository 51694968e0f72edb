import { expect, test } from 'vitest'
import { isHome, stillness } from './care.ts'
import { shards } from './consumers.ts'

test('each shard is at home in one region', () => {
  for (const shard of shards) expect(isHome(shard, 'a')).toBe(!isHome(shard, 'b'))
  expect(shards.filter((shard) => isHome(shard, 'a'))).toHaveLength(shards.length / 2)
})

test('a shard stands still when it has work and its floor has not moved for three looks', () => {
  const look = stillness()
  const idle = { behind: 0, floor: 5 }
  const steps: [behind: number, floor: number, still: boolean][] = [
    [10, 1, false],
    [10, 1, false],
    [12, 1, false],
    [12, 1, true],
    [14, 1, true],
    [14, 2, false],
    [14, 2, false],
    [0, 2, false],
    [3, 2, false],
    [3, 2, false],
    [3, 2, true],
  ]
  for (const [behind, floor, still] of steps) expect(look([idle, { behind, floor }])).toEqual(still ? [1] : [])
})
