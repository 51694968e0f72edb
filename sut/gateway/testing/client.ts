import { Agent, request } from 'undici'
import { systemClock } from '#lib/clock.ts'
import { newId } from '#lib/random.ts'
import { idempotencyHeader, publicRoutes, type LoggedIn, type OperationKind } from '#sut/contracts/api.ts'
import { signatureOf } from '../signature.ts'

export interface Answer {
  status: number
  body: Record<string, unknown>
  headers: Record<string, string | string[] | undefined>
}

/** A client of the public API, over HTTP/1.1 or HTTP/2, of a gateway of that region. */
export function publicClient(port: number, authority: string, allowH2: boolean, region = 'a') {
  const dispatcher = new Agent({ allowH2, connect: { ca: authority } })
  const origin = `https://127.0.0.1:${port}`

  const send = async (method: 'GET' | 'POST', path: string, headers: Record<string, string>, body: string) => {
    const type = body === '' ? {} : { 'content-type': 'application/json' }
    const answer = await request(`${origin}${path}`, {
      method,
      headers: { ...headers, ...type },
      dispatcher,
      ...(body === '' ? {} : { body }),
    })
    return {
      status: answer.statusCode,
      body: (await answer.body.json()) as Answer['body'],
      headers: answer.headers,
    } satisfies Answer
  }

  return {
    send,
    call: (kind: OperationKind, payload?: object, login?: LoggedIn, extra: Record<string, string> = {}) => {
      const { method, path } = publicRoutes[kind]
      const body = payload === undefined ? '' : JSON.stringify(payload)
      if (login === undefined) return send(method, path, extra, body)
      const timestamp = String(Math.floor(systemClock.wall_ms()))
      const nonce = newId()
      const headers = {
        authorization: `Bearer ${login.token}`,
        'x-slot-timestamp': timestamp,
        'x-slot-nonce': nonce,
        'x-slot-signature': signatureOf(
          login.signing_key,
          { method, path, body, key: extra[idempotencyHeader], region },
          timestamp,
          nonce,
        ),
        ...extra,
      }
      return send(method, path, headers, body)
    },
    close: () => dispatcher.close(),
  }
}
