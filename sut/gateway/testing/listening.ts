import { mkdtemp, rm } from 'node:fs/promises'
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type OutgoingHttpHeaders } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { pino } from 'pino'
import { systemClock } from '#lib/clock.ts'
import { createAuthority } from '#sut/deployment/pki.ts'
import { readCertificates } from '#sut/platform/certificates.ts'
import { loadMeter } from '#sut/platform/load-meter.ts'
import { prometheusMetrics } from '#sut/platform/prometheus.ts'
import { type ConnectionLimits, connectionLimits } from '#sut/platform/connections.ts'
import { httpServer } from '#sut/platform/server.ts'
import { fromServices } from '#sut/platform/trace-entry.ts'
import { noTracer } from '#sut/platform/tracer.ts'
import { door, type DoorLimits } from './door.ts'

/** The door behind the server that it has in production, listening on loopback, and clients of it that may do what they like. */
export async function listeningDoor(
  answer: (name: string) => unknown,
  limits: DoorLimits = {},
  connections: Partial<ConnectionLimits> = {},
) {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'slot-chaos-door-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const authority = await createAuthority(folder, 'test', systemClock)
  const own = readCertificates({ certificates: await authority.issue('gateway', 'a') })
  const meter = loadMeter(systemClock, () => 0)
  const server = httpServer({
    certificates: { current: () => own, onChange: () => () => {}, close: () => {} },
    public: true,
    clock: systemClock,
    log: pino({ level: 'silent' }),
    metrics: prometheusMetrics({ service: 'gateway', instance: 'gateway-a-1', region: 'a' }),
    meter,
    tracer: noTracer,
    entry: fromServices,
    connections: { ...connectionLimits, ...connections },
  })
  const most = { player: 1e6, address: 1e6, all: 1e6, spins: 1e6, logins: 1e6, abuse: 1e6 }
  const { called, refused } = await door(answer, { in_flight_max: 100, ...limits }, { server, most })
  await server.listen({ host: '127.0.0.1', port: 0 })
  const { port } = server.server.address() as AddressInfo

  const sessions: ClientHttp2Session[] = []
  const sockets: TLSSocket[] = []
  const below: TLSSocket[] = []
  const leave = (): void => {
    for (const session of sessions.splice(0)) session.destroy()
    for (const socket of sockets.splice(0)) socket.destroy()
  }
  stack.defer(leave)
  const owned = stack.move()
  return {
    server,
    called,
    refused,
    port,
    in_flight: () => meter.read().in_flight,
    /** All clients go away at once. */
    leave,
    /** The first ones, without a word to the door. */
    breakConnections: (count: number): void => {
      for (const socket of below.slice(0, count)) socket.destroy()
    },
    session(localAddress = '127.0.0.1'): Promise<ClientHttp2Session> {
      const opened = Promise.withResolvers<ClientHttp2Session>()
      const at = { host: '127.0.0.1', port, ca: own.ca, localAddress, servername: 'localhost' }
      const session = connect(`https://127.0.0.1:${port}`, {
        createConnection: () => {
          const socket = connectTls({ ...at, ALPNProtocols: ['h2'] })
          below.push(socket)
          return socket
        },
      })
      sessions.push(session)
      session.on('error', opened.reject).once('remoteSettings', () => opened.resolve(session))
      return opened.promise
    },
    socket(localAddress = '127.0.0.1'): Promise<TLSSocket> {
      const opened = Promise.withResolvers<TLSSocket>()
      const at = { host: '127.0.0.1', port, ca: own.ca, localAddress, servername: 'localhost' }
      const socket = connectTls({ ...at, ALPNProtocols: ['http/1.1'] }, () => opened.resolve(socket))
      sockets.push(socket)
      below.push(socket)
      socket.on('error', opened.reject)
      return opened.promise
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

export const posting = { ':method': 'POST', ':path': '/v1/login', 'content-type': 'application/json' } as const
export const asking = { ':method': 'GET', ':path': '/v1/games' } as const

/** A request that has begun and does not end by itself. */
export function begin(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders = posting,
  first = '{',
): ClientHttp2Stream {
  const stream = session.request(headers, { endStream: false })
  stream.on('error', () => undefined)
  if (first !== '') stream.write(first)
  return stream
}

export interface Answer {
  status: number
  code: string | undefined
}

/** Status and code of what is answered; status 0 when nothing is. */
export async function answerTo(stream: ClientHttp2Stream): Promise<Answer> {
  let status = 0
  stream.once('response', (headers) => (status = Number(headers[':status'])))
  const body = await textOf(stream).catch(() => '')
  return { status, code: codeOf(body) }
}

export async function asked(session: ClientHttp2Session, headers: OutgoingHttpHeaders, body?: string): Promise<Answer> {
  const stream = session.request(headers, { endStream: body === undefined })
  stream.on('error', () => undefined)
  if (body !== undefined) stream.end(body)
  return answerTo(stream)
}

/** All that comes on a socket until its end. */
export async function answerOn(socket: TLSSocket): Promise<Answer> {
  const text = await textOf(socket).catch(() => '')
  const [head = '', body = ''] = text.split('\r\n\r\n', 2)
  return { status: Number(head.split(' ')[1] ?? 0), code: codeOf(body) }
}

function codeOf(body: string): string | undefined {
  try {
    return (JSON.parse(body) as { code?: string }).code
  } catch {
    return undefined
  }
}
