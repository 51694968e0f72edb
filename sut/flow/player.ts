import { createHash, createHmac } from 'node:crypto'
import { Agent, request } from 'undici'
import { systemClock } from '#lib/clock.ts'
import { newId } from '#lib/random.ts'
import { publicRoutes, signatureHeaders, type LoggedIn, type OperationKind } from '#sut/contracts/api.ts'

export interface Answer<T> {
  status: number
  body: T
}

/**
 * A client of the public API, as a test drives it: signs what must be signed. The authority is the test's own. `address`: of this
 * machine, where it comes from.
 */
export function playerClient(
  url: string,
  address?: string,
  region = 'a',
): {
  /** `params`: of the path. */
  send<T>(kind: OperationKind, body?: object, key?: string, params?: Record<string, string>): Promise<Answer<T>>
  /** With what the path names, and a query. */
  sendTo<T>(kind: OperationKind, params: Record<string, string>, query?: string): Promise<Answer<T>>
  logIn(name: string, password: string): Promise<LoggedIn>
  /** `traceparent` and `tracestate` of what is sent from now on. */
  trace(header: string | undefined, state?: string): void
  close(): Promise<void>
} {
  const dispatcher = new Agent({
    connect: { rejectUnauthorized: false },
    ...(address !== undefined && { localAddress: address }),
  })
  let holder: LoggedIn | undefined
  let traceparent: string | undefined
  let tracestate: string | undefined

  const sendAs = async <T>(kind: OperationKind, path: string, content?: object, key?: string): Promise<Answer<T>> => {
    const { method, signed } = publicRoutes[kind]
    const body = content === undefined ? '' : JSON.stringify(content)
    const headers: Record<string, string> = content === undefined ? {} : { 'content-type': 'application/json' }
    if (key !== undefined) headers['idempotency-key'] = key
    if (traceparent !== undefined) headers['traceparent'] = traceparent
    if (tracestate !== undefined) headers['tracestate'] = tracestate
    if (signed && holder !== undefined) {
      const timestamp = String(Math.floor(systemClock.wall_ms()))
      const nonce = newId()
      const text = [
        method,
        path,
        createHash('sha256').update(body).digest('hex'),
        timestamp,
        nonce,
        key ?? '',
        region,
      ].join('\n')
      headers['authorization'] = `Bearer ${holder.token}`
      headers[signatureHeaders.timestamp] = timestamp
      headers[signatureHeaders.nonce] = nonce
      headers[signatureHeaders.signature] = createHmac('sha256', holder.signing_key).update(text).digest('hex')
    }
    const answer = await request(url + path, { method, headers, dispatcher, ...(body === '' ? {} : { body }) })
    return { status: answer.statusCode, body: (await answer.body.json()) as T }
  }

  const pathOf = (kind: OperationKind, params: Record<string, string>): string =>
    publicRoutes[kind].path.replaceAll(/\{(\w+)\}/g, (_hole, name: string) => encodeURIComponent(params[name] ?? ''))

  return {
    send: (kind, content, key, params = {}) => sendAs(kind, pathOf(kind, params), content, key),
    sendTo: (kind, params, query = '') => sendAs(kind, pathOf(kind, params) + query),
    logIn: async (name, password) => {
      const answer = await sendAs<LoggedIn>('login', publicRoutes.login.path, { name, password })
      if (answer.status !== 200) throw new Error(`login answered ${answer.status}: ${JSON.stringify(answer.body)}`)
      return (holder = answer.body)
    },
    trace: (header, state) => {
      traceparent = header
      tracestate = state
    },
    close: () => dispatcher.close(),
  }
}
