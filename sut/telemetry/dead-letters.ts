import type { ConsumerInfo } from '@nats-io/jetstream'
import { eventStream, subjectOf, type SystemEvent } from '#sut/contracts/events.ts'
import { Problem } from '#sut/contracts/problems.ts'
import type { Bus } from '#sut/platform/bus.ts'
import { violationsOf } from './recorder.ts'

export interface DeadLetter {
  /** Its number in the stream EVENTS. */
  sequence: number
  event: unknown
  /** Why nobody could take it, when it came. */
  violations: string[]
  /** Its number in the stream since it was sent again, and which consumers have not taken it from there yet. */
  sent_again?: { sequence: number; waiting: string[] }
}
interface Kept {
  event: unknown
  violations: string[]
  sent_again_as?: number
}

const bucketName = 'log-invalid'
const prefix = 'sequence-'

type LetterBus = Pick<Bus, 'kv' | 'publishAgain' | 'streams'>

/**
 * Messages that fit no contract: kept until somebody has looked at them, and sent again once they can be understood.
 *
 *   kept ──replay──► sent again, with its new number ──all consumers past that number──► may be removed
 */
export function deadLetters(bus: LetterBus) {
  const bucket = () => bus.kv(bucketName)
  const find = async (sequence: number): Promise<{ kept: Kept; revision: number }> => {
    const entry = await (await bucket()).get(`${prefix}${sequence}`)
    if (entry === null || entry.operation !== 'PUT') throw new Problem('not_found', `there is no letter ${sequence}`)
    return { kept: entry.json<Kept>(), revision: entry.revision }
  }
  const letterOf = (sequence: number, { event, violations, sent_again_as }: Kept, consumers: ConsumerInfo[]) => ({
    sequence,
    event,
    violations,
    ...(sent_again_as === undefined
      ? {}
      : { sent_again: { sequence: sent_again_as, waiting: waitingFor(event, sent_again_as, consumers) } }),
  })

  return {
    /** Idempotent: a message that comes again changes nothing about its letter. */
    keep: async (sequence: number, kept: Pick<Kept, 'event' | 'violations'>): Promise<void> => {
      const key = `${prefix}${sequence}`
      const letters = await bucket()
      const entry = await letters.get(key)
      if (entry === null || entry.operation !== 'PUT') await letters.put(key, JSON.stringify(kept))
    },

    list: async (): Promise<DeadLetter[]> => {
      const letters: DeadLetter[] = []
      const consumers = await consumersOf(bus)
      const kept = await bucket()
      for await (const key of await kept.keys()) {
        const entry = await kept.get(key)
        if (entry === null || entry.operation !== 'PUT') continue
        letters.push(letterOf(Number(key.slice(prefix.length)), entry.json<Kept>(), consumers))
      }
      return letters.toSorted((one, other) => one.sequence - other.sequence)
    },

    /**
     * Sends a letter to all consumers again, and answers its new number; each of them knows what it has taken already. The letter stays.
     * Throws Problem not_found, or malformed when it still fits no contract.
     *
     * A message id of its own, for the stream knows the first one and takes another of the same id for a copy. It follows from the state of
     * the letter: of several who send it again at once, one does. A later replay sends it once more.
     */
    replay: async (sequence: number): Promise<number> => {
      const { kept, revision } = await find(sequence)
      const violations = violationsOf(kept.event)
      if (violations.length > 0) throw new Problem('malformed', violations.join('; '))
      const sent_again_as = await bus.publishAgain(kept.event as SystemEvent, `letter-${sequence}-${revision}`)
      const marked = JSON.stringify({ ...kept, sent_again_as })
      // Whoever was faster has marked it with the same number.
      await (await bucket()).update(`${prefix}${sequence}`, marked, revision).catch(async (error: unknown) => {
        if ((await find(sequence)).revision === revision) throw error
      })
      return sent_again_as
    },

    /** Forgets a letter that all have taken. Throws Problem not_found, malformed (not sent again), unavailable (not taken by all). */
    remove: async (sequence: number): Promise<void> => {
      const { kept, revision } = await find(sequence)
      const { sent_again } = letterOf(sequence, kept, await consumersOf(bus))
      if (sent_again === undefined) throw new Problem('malformed', 'it was not sent again: it would be lost')
      if (sent_again.waiting.length > 0)
        throw new Problem('unavailable', `not taken yet by ${sent_again.waiting.join(', ')}`)
      await (await bucket()).delete(`${prefix}${sequence}`, { previousSeq: revision })
    },
  }
}

async function consumersOf({ streams }: LetterBus): Promise<ConsumerInfo[]> {
  const manager = await streams.manager()
  return Array.fromAsync(manager.consumers.list(eventStream))
}

/** Consumers that get the event and have not acknowledged everything up to that number. One that is made anew begins at the start. */
const waitingFor = (event: unknown, sequence: number, consumers: readonly ConsumerInfo[]): string[] =>
  consumers
    .filter(({ config }) => matches(config.filter_subject, subjectOf(event as SystemEvent)))
    .filter(({ ack_floor, num_pending, num_ack_pending }) => {
      const has_taken_all = num_pending === 0 && num_ack_pending === 0
      return ack_floor.stream_seq < sequence && !has_taken_all
    })
    .map(({ name }) => name)

/** Filters of ours: words, `*` for any word, `>` for all that follow. */
export function matches(filter: string | undefined, subject: string): boolean {
  if (filter === undefined || filter === '') return true
  const [wanted, words] = [filter.split('.'), subject.split('.')]
  const open = wanted.at(-1) === '>'
  if (open ? words.length < wanted.length : words.length !== wanted.length) return false
  return (open ? wanted.slice(0, -1) : wanted).every((word, index) => word === '*' || word === words[index])
}
