import type { Clock } from '#lib/clock.ts'
import { constants, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import { Problem } from '#sut/contracts/problems.ts'
import { type Place, places } from './places.ts'
import { unfinished, type UnfinishedLimits } from './unfinished.ts'

// A request between its headers and the end of its stream:
//
//   headers → announced: its body has a deadline, and such requests are bounded (unfinished.ts)
//           → arrived, whole: it takes a place (places.ts)  →  work  →  answered: the place is free, the answer must be taken in time
//           → the stream is closed, also when the client has not ended its request

export interface VisitLimits extends UnfinishedLimits {
  in_flight_max: number
  /** A client that does not take its answer for so long is cut off. */
  answer_ms: number
}

export interface VisitOptions {
  limits: VisitLimits
  /** Whether a place is taken at this moment: when the headers are here, or the whole request. */
  takesPlace: (moment: 'headers' | 'request') => boolean
  clock: Pick<Clock, 'monotonic_ms'>
}

export interface Visit {
  /** What its address may ask was looked at. `refuse` answers at any time before `arrived`. */
  announced(address: string, refuse: (problem: Problem) => void): void
  /** Throws Problem unavailable when there is no place. */
  arrived(): void
  /** A part of the work, after `arrived`. */
  during<T>(work: () => Promise<T>): Promise<T>
  /** The answer, or refusal, is made. */
  answered(): void
}

/** Nobody reads it: the stream is closed, or another refusal is under way. */
export const clientGone = new Problem('unavailable', 'the client has gone')

export function visits({ limits, takesPlace, clock }: VisitOptions) {
  const bodies = unfinished(limits, clock)
  const work = places(limits.in_flight_max)

  return (request: Http2ServerRequest, reply: Http2ServerResponse): Visit => {
    // Not to be had any more once the stream is closed.
    const stream = request.stream as Stream
    let place: Place | undefined
    let gone = false
    let refused = false
    let arrived = (): void => {}
    let cut: NodeJS.Timeout | undefined
    closeOnceAnswered(request, reply)
    reply.once('close', () => {
      gone = true
      arrived()
      place?.end()
      clearTimeout(cut)
    })
    return {
      announced(address, refuse) {
        if (takesPlace('headers')) place = work.take()
        if (!expectsBody(request)) return
        arrived = bodies.begin(address, (problem) => {
          refused = true
          refuse(problem)
        })
      },
      arrived() {
        arrived()
        // A body that was cut off looks like one that has ended, but for the state of its stream.
        if (gone || refused || stream?.closed) throw clientGone
        if (takesPlace('request')) place = work.take()
      },
      async during(part) {
        if (gone || place === undefined) throw clientGone
        return place.during(part)
      },
      answered() {
        place?.end()
        arrived()
        if (gone) return
        clearTimeout(cut)
        // timer: the client's time to take its answer
        cut = setTimeout(() => cutOff(request, stream), limits.answer_ms).unref()
      },
    }
  }
}

type Stream = Http2ServerRequest['stream'] | undefined // none over HTTP/1

function expectsBody(request: Http2ServerRequest): boolean {
  const stream = request.stream as Stream
  if (stream !== undefined) return !stream.endAfterHeaders
  const { 'transfer-encoding': encoding, 'content-length': length } = request.headers
  return encoding !== undefined || Number(length ?? 0) > 0
}

const reset_after_ms = 200

/** What the client did not send until it was answered is not waited for. */
function closeOnceAnswered(request: Http2ServerRequest, reply: Http2ServerResponse): void {
  const stream = request.stream as Stream
  if (stream === undefined)
    reply.once('finish', () => {
      if (!isWhole(request)) request.socket.destroySoon()
    })
  else
    stream.once('finish', () => {
      if (stream.endAfterHeaders || stream.readableEnded) return
      // timer: the reset of a stream overtakes its answer where that waits for the connection
      setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), reset_after_ms).unref()
    })
}

/** Over HTTP/1, whether more of it would follow on the connection; over HTTP/2 a stream is closed without it, so nobody asks. */
export const isWhole = (request: Pick<Http2ServerRequest, 'stream'> & { complete?: boolean }): boolean =>
  (request.stream as Stream) !== undefined || request.complete !== false

function cutOff(request: Http2ServerRequest, stream: Stream): void {
  if (stream === undefined) request.socket.destroy()
  else stream.close(constants.NGHTTP2_CANCEL)
}
