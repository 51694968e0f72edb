import { Compile } from 'typebox/compile'
import { systemEvent, type SystemEvent } from '#sut/contracts/events.ts'
import type { BusMessage } from '#sut/platform/bus.ts'
import { withTrace } from '#sut/platform/trace.ts'

const schema = Compile(systemEvent)
/** What a subject of the log can carry behind `log.` without meaning something else. */
const identifier = /^[^\s*>.]{1,200}$/

/** Why an event cannot go into the log; empty when it can. */
export function violationsOf(event: unknown): string[] {
  if (!schema.Check(event))
    return schema.Errors(event).map(({ instancePath, message }) => `${instancePath || '/'} ${message}`)
  return identifier.test(event.id) ? [] : ['/id cannot be part of a subject']
}

export interface RecorderOptions {
  /** True when this call wrote it, false when the log had it. */
  record: (event: SystemEvent) => Promise<boolean>
  /** Keeps what the log cannot take, by its number in the stream. Idempotent. */
  putAside: (sequence: number, kept: { event: unknown; violations: string[] }) => Promise<void>
  count: (outcome: 'recorded' | 'known' | 'invalid') => void
}

/**
 * Takes a batch into the log: a message is acknowledged once its event is in the log, or aside. The others come again:
 * throws the first error after all have been tried.
 */
export function recorder({ record, putAside, count }: RecorderOptions) {
  const take = async (message: BusMessage): Promise<void> => {
    const { event, sequence } = message
    const violations = violationsOf(event)
    if (violations.length > 0) {
      await putAside(sequence, { event, violations })
      count('invalid')
    } else count((await record(event)) ? 'recorded' : 'known')
    message.ack()
  }
  return async (messages: readonly BusMessage[]): Promise<void> => {
    const ended = await Promise.allSettled(messages.map((message) => withTrace(message.trace, () => take(message))))
    const failed = ended.find((one) => one.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }
}
