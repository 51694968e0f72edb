import { JetStreamApiError, type JetStreamClient, type JetStreamPublishOptions } from '@nats-io/jetstream'
import { pause } from '#lib/wait.ts'
import { Problem } from '#sut/contracts/problems.ts'

/** A stream without a leader (a server has just died) refuses; an election takes a second or two. */
const tries_max = 3
const back_off_ms = 200
/** "maximum messages per subject exceeded": the log has the event. */
const subject_is_taken = 10077

export const isTaken = (error: unknown): boolean =>
  error instanceof JetStreamApiError && error.code === subject_is_taken

/**
 * Publishes until the stream has the message, and gives its number there. Throws Problem('unavailable') when it was not
 * taken, and the server's error when the subject is taken.
 *
 * A server before 2.11 that leads a replicated stream notes the id of a message before the others have the message. When it
 * loses its lead then, the message is gone and the id is known: sent again it is called a duplicate, of the message number 0
 * (nats-server, pull requests 6415 and 6426). That is no acknowledgement, and the next try has another id. Whoever consumes
 * knows an event by its own id, not by that of the message.
 */
export async function publishUntilStored(
  stream: Pick<JetStreamClient, 'publish'>,
  subject: string,
  body: unknown,
  options: Partial<JetStreamPublishOptions>,
): Promise<number> {
  let { msgID } = options
  for (let tries = 1; ; tries++) {
    let cause: unknown
    try {
      const { seq } = await stream.publish(
        subject,
        JSON.stringify(body),
        msgID === undefined ? options : { ...options, msgID },
      )
      if (seq > 0) return seq
      cause = new Error('the server knows the message and does not have it')
      msgID = `${options.msgID}.${tries}`
    } catch (error) {
      if (isTaken(error)) throw error
      cause = error
    }
    if (tries === tries_max) throw new Problem('unavailable', 'the event bus took no message', { cause })
    await pause(back_off_ms * tries)
  }
}
