import type { SystemEvent } from '#sut/contracts/events.ts'
import { Problem } from '#sut/contracts/problems.ts'
import type { Bus } from '#sut/platform/bus.ts'
import { violationsOf } from './recorder.ts'

export interface DeadLetter {
  /** Its number in the stream EVENTS. */
  sequence: number
  event: unknown
  /** Why nobody could take it, when it came. */
  violations: string[]
}

const bucketName = 'log-invalid'
const prefix = 'sequence-'

/** Messages that fit no contract: kept until somebody has looked at them, and sent again once they can be understood. */
export function deadLetters(bus: Pick<Bus, 'kv' | 'publish'>) {
  const bucket = () => bus.kv(bucketName)
  return {
    keep: async (sequence: number, kept: Omit<DeadLetter, 'sequence'>): Promise<void> => {
      await (await bucket()).put(`${prefix}${sequence}`, JSON.stringify(kept))
    },

    list: async (): Promise<DeadLetter[]> => {
      const kept = await bucket()
      const letters: DeadLetter[] = []
      for await (const key of await kept.keys()) {
        const entry = await kept.get(key)
        if (entry === null || entry.operation !== 'PUT') continue
        letters.push({ sequence: Number(key.slice(prefix.length)), ...entry.json<Omit<DeadLetter, 'sequence'>>() })
      }
      return letters.toSorted((one, other) => one.sequence - other.sequence)
    },

    /**
     * Sends a letter to all consumers again, then forgets it; each of them knows what it has taken already. Throws Problem not_found,
     * or malformed when it still fits no contract.
     */
    replay: async (sequence: number): Promise<void> => {
      const kept = await bucket()
      const entry = await kept.get(`${prefix}${sequence}`)
      if (entry === null || entry.operation !== 'PUT') throw new Problem('not_found', `there is no letter ${sequence}`)
      const { event } = entry.json<Omit<DeadLetter, 'sequence'>>()
      const violations = violationsOf(event)
      if (violations.length > 0) throw new Problem('malformed', violations.join('; '))
      await bus.publish(event as SystemEvent)
      await kept.delete(`${prefix}${sequence}`)
    },
  }
}
