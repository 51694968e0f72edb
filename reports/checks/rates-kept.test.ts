import { describe, expect, test } from 'vitest'
import { spins_of_one_player } from '#sut/contracts/promises.ts'
import type { RawRecord } from '../record/fixture.ts'
import { ratesKept } from './rates-kept.ts'
import { outcomeOf } from './testing.ts'

const { within_ms, served_max } = spins_of_one_player

interface Flood {
  count: number
  /** So many of them, the first ones, are served. */
  served: number
  kind?: string
  apart_ms?: number
  players?: number
}

/** Asks again and again, and is refused at some time. */
const flooding =
  ({ kind = 'spin', count, served, apart_ms = 1, players = 1 }: Flood) =>
  (raw: RawRecord): void => {
    const from_ms = raw.history.at(-1)!.at_ms + 2 * within_ms
    for (let number = 0; number < count; number++) {
      const at_ms = from_ms + number * apart_ms
      const player_id = `p-flooder-${number % players}`
      const line = { operation_id: `flood-${number}`, kind, player_id, actor: 'flooder' }
      raw.history.push({ ...line, type: 'invoke', at_ms, value: {} })
      raw.history.push(
        number < served
          ? { ...line, type: 'ok', at_ms: at_ms + 0.5, value: {} }
          : { ...line, type: 'fail', at_ms: at_ms + 0.5, value: { code: 'spins_too_fast' } },
      )
    }
  }

describe('spins that one player is served', () => {
  test.each([
    ['of nobody who asks too often', { count: 5, served: 5 }, 0],
    ['as many as is promised', { count: 500, served: served_max }, 500 - served_max],
    ['many in a long time', { count: 600, served: 600, apart_ms: within_ms / 170 }, 0],
    ['of many players', { count: 600, served: 600, players: 4 }, 0],
    ['none: these are reads', { count: 600, served: 600, kind: 'balance' }, 0],
  ] as [string, Flood, number][])('%s: no violation', (_, flood, beyond) => {
    const { violations, exercised } = outcomeOf(ratesKept, flooding(flood))
    expect(violations).toEqual([])
    expect(exercised['asked_too_often'] ?? 0).toBe(beyond)
  })

  test('more than is promised are a violation', () => {
    const { violations } = outcomeOf(ratesKept, flooding({ count: 400, served: served_max + 1 }))
    const named = /spin flood-180 .* the last of 181 that were served within 10 s: 180 is/
    expect(violations.map(({ witness }) => witness.text)).toEqual([expect.stringMatching(named)])
  })
})
