import { afterAll, beforeAll, expect, test } from 'vitest'
import { random } from '#lib/random.ts'
import { waitFor } from '#lib/wait.ts'
import type { SystemEvent } from '#sut/contracts/events.ts'
import type { StateLine } from '#sut/contracts/state.ts'
import { startNats, type Store } from '#sut/platform/testing/stores.ts'
import { playHistory } from './testing/history.ts'
import { startInstance } from './testing/instance.ts'

let nats: Store
beforeAll(async () => {
  nats = await startNats()
})
afterAll(async () => {
  await nats[Symbol.asyncDispose]()
})

const inText = (lines: readonly StateLine[]) =>
  lines
    .filter(({ kind }) => kind !== 'delivery')
    .map((line) => JSON.stringify(line))
    .toSorted()
const deliveriesIn = (lines: readonly StateLine[]): number =>
  lines.reduce((sum, line) => sum + (line.kind === 'delivery' ? line.deliveries : 0), 0)

/** What the dump must hold, from plain sums. */
function expectedLines({ players, games }: ReturnType<typeof playHistory>['expected']): StateLine[] {
  return [
    ...[...players].map(([player_id, sums]): StateLine => ({
      kind: 'player_model',
      player_id,
      version: sums.version,
      balance_minor: Number(sums.balance_minor),
      deposited_minor: Number(sums.deposited_minor),
      withdrawn_minor: 0,
      staked_minor: Number(sums.staked_minor),
      won_minor: Number(sums.won_minor),
    })),
    ...[...games].map(([game_id, sums]): StateLine => ({
      kind: 'game_model',
      game_id,
      rounds: sums.rounds,
      staked_minor: Number(sums.staked_minor),
      won_minor: Number(sums.won_minor),
    })),
  ]
}

test('two instances share the work, and one carries on alone when the other is gone', async () => {
  const { events, expected } = playHistory('two regions', { players: 20, rounds: 20 })
  const source = random('order of arrival')
  const shuffled = source.sample(events, events.length)
  const later = shuffled.splice(0, 200)
  const a = await startInstance('a', nats)
  const b = await startInstance('b', nats)
  const publish = (some: readonly SystemEvent[]) => Promise.all(some.map((event) => b.bus.publish(event)))

  await publish(shuffled)
  await waitFor(async () => (await b.pending()) === 0, { what: 'all shards to be applied', limit_ms: 20_000 })
  expect(inText(await a.lines())).toEqual(inText(await b.lines()))
  expect(deliveriesIn(await a.lines())).toBe(shuffled.length)

  await a.stop()
  await publish(later)
  await waitFor(async () => (await b.pending()) === 0, { what: 'the other region to stand in', limit_ms: 40_000 })
  expect(inText(await b.lines())).toEqual(inText(expectedLines(expected)))
  const { rounds } = await b.history('player-3')
  const newest = expected.players.get('player-3')!.completed.toReversed()
  expect(rounds.map(({ round_id }) => round_id)).toEqual(newest.slice(0, 20))
  await b.stop()
})
