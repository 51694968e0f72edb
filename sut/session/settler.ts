import { Compile } from 'typebox/compile'
import { roundEnded, type RoundEnded } from '#sut/contracts/events.ts'
import type { BusMessage } from '#sut/platform/bus.ts'
import type { CareStore } from './care-store.ts'

const schema = Compile(roundEnded)

/**
 * Takes ended rounds: what they won, or the stake when they were cancelled, counts no more as lost. An event that comes late, or
 * again, can only leave more counted: each round is settled once, whatever the order. Rounds of players who never asked for care
 * are passed over. What does not fit the contract is telemetry's to keep aside.
 */
export function settler(store: Pick<CareStore, 'among' | 'settle'>) {
  return async (messages: readonly BusMessage[]): Promise<void> => {
    const ended = messages
      .map(({ event }): unknown => event)
      .filter((event): event is RoundEnded => schema.Check(event))
    const cared = ended.length === 0 ? new Set() : await store.among(ended.map(({ player_id }) => player_id))
    for (const event of ended) if (cared.has(event.player_id)) await store.settle(event)
    for (const message of messages) message.ack()
  }
}
