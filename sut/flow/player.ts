import { createHash, createHmac } from 'node:crypto'
import { Agent, request } from 'undici'
import { systemClock } from '#lib/clock.ts'
import { newId } from '#lib/random.ts'
import { publicRoutes, signatureHeaders, type LoggedIn, type OperationKind } from '#sut/contracts/api.ts'

export interface Answer<T> {
  status: number
  body: T
}

/** A client of the public API, as a test drives it: signs what must be signed. The authority is the test's own. */
export function playerClient(url: string): {
  /** `params`: of the {parameters} in the path. */
  send<T>(kind: OperationKind, body?: object, key?: string, params?: Record<string, string>): Promise<Answer<T>>
  logIn(name: string, password: string): Promise<LoggedIn>
  close(): Promise<void>
} {
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } })
  let holder: LoggedIn | undefined

  const send = async <T>(
    kind: OperationKind,
    content?: object,
    key?: string,
    params: Record<string, string> = {},
  ): Promise<Answer<T>> => {
    const { method, path: template, signed } = publicRoutes[kind]
    const path = template.replaceAll(/{(\w+)}/g, (_hole, name: string) => params[name] ?? '')
    const body = content === undefined ? '' : JSON.stringify(content)
    const headers: Record<string, string> = content === undefined ? {} : { 'content-type': 'application/json' }
    if (key !== undefined) headers['idempotency-key'] = key
    if (signed && holder !== undefined) {
      const timestamp = String(Math.floor(systemClock.wall_ms()))
      const nonce = newId()
      const text = [method, path, createHash('sha256').update(body).digest('hex'), timestamp, nonce].join('\n')
      headers['authorization'] = `Bearer ${holder.token}`
      headers[signatureHeaders.timestamp] = timestamp
      headers[signatureHeaders.nonce] = nonce
      headers[signatureHeaders.signature] = createHmac('sha256', holder.signing_key).update(text).digest('hex')
    }
    const answer = await request(url + path, { method, headers, dispatcher, ...(body === '' ? {} : { body }) })
    return { status: answer.statusCode, body: (await answer.body.json()) as T }
  }

  return {
    send,
    logIn: async (name, password) => {
      const answer = await send<LoggedIn>('login', { name, password })
      if (answer.status !== 200) throw new Error(`login answered ${answer.status}: ${JSON.stringify(answer.body)}`)
      return (holder = answer.body)
    },
    close: () => dispatcher.close(),
  }
}
