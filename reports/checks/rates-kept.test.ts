import { describe, expect, test } from 'vitest'
import { served_to_one_player } from '#sut/contracts/promises.ts'
import type { RawRecord } from '../record/fixture.ts'
import { ratesKept } from './rates-kept.ts'
import { outcomeOf } from './testing.ts'

const { within_ms, requests_max, spins_max } = served_to_one_player

interface Flood {
  kind: 'spin' | 'balance'
  count: number
  /** So many of them, the first ones, are served. */
  served: number
  apart_ms?: number
  players?: number
}

/** Asks again and again, and is refused at some time. */
const flooding =
  ({ kind, count, served, apart_ms = 1, players = 1 }: Flood) =>
  (raw: RawRecord): void => {
    const from_ms = raw.history.at(-1)!.at_ms + 2 * within_ms
    for (let number = 0; number < count; number++) {
      const at_ms = from_ms + number * apart_ms
      const player_id = `p-flooder-${number % players}`
      const line = { operation_id: `flood-${number}`, kind, player_id, actor: 'flooder' }
      raw.history.push({ ...line, type: 'invoke', at_ms, value: {} })
      const code = kind === 'spin' ? 'spins_too_fast' : 'too_many_requests'
      raw.history.push(
        number < served
          ? { ...line, type: 'ok', at_ms: at_ms + 0.5, value: {} }
          : { ...line, type: 'fail', at_ms: at_ms + 0.5, value: { code } },
      )
    }
  }

describe('what one player is served', () => {
  test.each([
    ['nobody who asks too often', { kind: 'spin', count: 5, served: 5 }, 0],
    ['as many spins as is promised', { kind: 'spin', count: 500, served: spins_max }, 500 - spins_max],
    ['as many requests as is promised', { kind: 'balance', count: 1_000, served: requests_max }, 1_000 - requests_max],
    ['many in a long time', { kind: 'spin', count: 600, served: 600, apart_ms: within_ms / 200 }, 0],
    ['many players', { kind: 'spin', count: 600, served: 600, players: 3 }, 0],
  ] as [string, Flood, number][])('%s: no violation', (_, flood, beyond) => {
    const { violations, exercised } = outcomeOf(ratesKept, flooding(flood))
    expect(violations).toEqual([])
    expect(exercised['asked_too_often'] ?? 0).toBe(beyond)
  })

  test.each([
    [
      'spins',
      { kind: 'spin', count: 400, served: spins_max + 1 },
      /spin flood-300 .* the last of 301 spins .*: 300 is/,
    ],
    [
      'requests',
      { kind: 'balance', count: 1_000, served: requests_max + 1 },
      /balance flood-900 .* the last of 901 requests .*: 900 is/,
    ],
  ] as [string, Flood, RegExp][])('more %s than is promised are a violation', (_, flood, named) => {
    const { violations } = outcomeOf(ratesKept, flooding(flood))
    expect(violations.map(({ witness }) => witness.text)).toEqual([expect.stringMatching(named)])
  })
})
