import { Agent, request } from 'undici'
import { Failure, type FailureCode, failures, textOf } from '#lib/errors.ts'
import { textLines } from '#lib/text-lines.ts'
import type { AnswerOf, BodyOf, ErrorAnswer, OperationName } from '#sut/local/control.ts'

/** The other end of the control API of one system. */
export interface ControlClient {
  /** Throws the daemon's Failure, or SYSTEM_LOST when there is no daemon. */
  call<Name extends OperationName>(name: Name, body: BodyOf<Name>): Promise<AnswerOf<Name>>
  /** Values of a stream of JSON lines; ends when the signal aborts. */
  stream<T>(path: '/events' | '/dump', signal?: AbortSignal): AsyncGenerator<T>
  close(): Promise<void>
}

const call_limit_ms = 15_000

export function controlClient(system: string, socketPath: string): ControlClient {
  const agent = new Agent({ connect: { socketPath }, connections: 16, bodyTimeout: 0 })
  const lost = (error: unknown): Failure =>
    new Failure('SYSTEM_LOST', `system ${system} does not answer: ${textOf(error)}`, { cause: error })
  return {
    async call<Name extends OperationName>(name: Name, body: BodyOf<Name>) {
      const answer = await request(`http://system/${name}`, {
        dispatcher: agent,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        headersTimeout: call_limit_ms,
        body: JSON.stringify(body),
      }).catch((error: unknown) => {
        throw lost(error)
      })
      const value = await answer.body.json().catch((error: unknown) => {
        throw lost(error)
      })
      if (answer.statusCode !== 200) throw failureOf(value as ErrorAnswer)
      return value as AnswerOf<Name>
    },
    async *stream<T>(path: '/events' | '/dump', signal?: AbortSignal) {
      try {
        const answer = await request(`http://system${path}`, { dispatcher: agent, ...(signal && { signal }) })
        if (answer.statusCode !== 200) throw failureOf((await answer.body.json()) as ErrorAnswer)
        yield* linesOf<T>(answer.body)
      } catch (error) {
        if (signal?.aborted === true) return
        throw error instanceof Failure ? error : lost(error)
      }
    },
    close: () => agent.destroy(),
  }
}

async function* linesOf<T>(chunks: AsyncIterable<Buffer>): AsyncGenerator<T> {
  for await (const line of textLines(chunks)) if (line !== '') yield JSON.parse(line) as T
}

function failureOf({ code, message }: ErrorAnswer): Failure {
  return new Failure(Object.hasOwn(failures, code) ? (code as FailureCode) : 'SYSTEM_LOST', message)
}
