import { expect, test } from 'vitest'
import type { GameDefinition } from '#sut/contracts/bodies.ts'
import { Problem } from '#sut/contracts/problems.ts'
import { definitions } from './definitions.ts'

test('a game that was seen goes on while the catalog is away; an unknown one does not', async () => {
  let away = false
  const answer = (game_id: string): GameDefinition => ({
    game_id,
    title: game_id,
    version: 1,
    return_to_player: 0.9,
    reels: [],
    pays: {},
  })
  const definition = definitions({
    get: async (key) => {
      if (away) throw new Problem('unavailable', 'the catalog is away')
      return answer(key)
    },
    forget: async () => {},
  })
  expect(await definition('fruits')).toEqual(answer('fruits'))
  away = true
  expect(await definition('fruits')).toEqual(answer('fruits'))
  await expect(definition('other')).rejects.toThrow('away')
})
