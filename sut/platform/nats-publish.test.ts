import type { JetStreamPublishOptions, PubAck } from '@nats-io/jetstream'
import { expect, test } from 'vitest'
import { publishUntilStored } from './nats-publish.ts'

/** A stream that answers as told; what it was asked. */
function streamThatSays(...answers: (Partial<PubAck> | Error)[]) {
  const ids: (string | undefined)[] = []
  const publish = async (_subject: string, _body: unknown, options?: Partial<JetStreamPublishOptions>) => {
    ids.push(options?.msgID)
    const answer = answers[ids.length - 1] ?? new Error('asked too often')
    if (answer instanceof Error) throw answer
    return { stream: 'EVENTS', duplicate: false, ...answer } as PubAck
  }
  return { publish, ids }
}
const published = (stream: ReturnType<typeof streamThatSays>) =>
  publishUntilStored(stream, 'events.x', {}, { msgID: 'one' })

test('a copy of a message that is stored is done', async () => {
  const stream = streamThatSays(new Error('timeout'), { seq: 7, duplicate: true })
  expect(await published(stream)).toBe(7)
  expect(stream.ids).toEqual(['one', 'one'])
})

// Was red: an event that was published so was marked, and no consumer ever saw it.
test('a copy of a message that no server has is none: it is sent again, under another id', async () => {
  const stream = streamThatSays(new Error('timeout'), { seq: 0, duplicate: true }, { seq: 8 })
  expect(await published(stream)).toBe(8)
  expect(stream.ids).toEqual(['one', 'one', 'one.2'])
})

test('what no server takes is unavailable, and comes again', async () => {
  const lost = { seq: 0, duplicate: true }
  await expect(published(streamThatSays(lost, lost, lost))).rejects.toMatchObject({ code: 'unavailable' })
})
