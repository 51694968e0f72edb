import { readFile } from 'node:fs/promises'
import { type Socket, connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { textOf } from '#lib/errors.ts'
import { host } from '../context.ts'
import type { CertificateFiles } from '#sut/deployment/pki.ts'

export interface ProbeResult {
  connected: boolean
  round_trip_ms: number | null
  error: string | null
}

export type Probe =
  | { kind: 'service'; certificates: CertificateFiles }
  | { kind: 'postgres' }
  | { kind: 'redis' }
  | { kind: 'nats'; user: string; password: string }

/** An SSLRequest of PostgreSQL's protocol: the server answers one letter, before any password. */
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])

/**
 * One question and its answer over a new connection, in the protocol of what listens there, since servers speak only after
 * their client: a TLS handshake, an SSLRequest, a PING. Never throws: no answer within the limit is a finding.
 */
export async function probe(port: number, what: Probe, limit_ms: number): Promise<ProbeResult> {
  const socket = connect({ host, port, noDelay: true })
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => undefined)
  socket.on('error', (error) => failed.reject(error))
  socket.once('close', () => failed.reject(new Error('closed without an answer')))
  // timer: the limit of the probe
  const limit = setTimeout(() => failed.reject(new Error(`no answer within ${limit_ms} ms`)), limit_ms)
  let connected = false
  try {
    await Promise.race([new Promise((resolve) => socket.once('connect', resolve)), failed.promise])
    connected = true
    const round_trip_ms = await Promise.race([ask(socket, what), failed.promise])
    return { connected, round_trip_ms, error: null }
  } catch (error) {
    return { connected, round_trip_ms: null, error: textOf(error) }
  } finally {
    clearTimeout(limit)
    socket.destroy()
  }
}

async function ask(socket: Socket, what: Probe): Promise<number> {
  if (what.kind === 'service') return handshake(socket, what.certificates)
  if (what.kind === 'postgres') return exchange(socket, sslRequest, /./s)
  if (what.kind === 'redis') return exchange(socket, 'PING\r\n', /\r\n/)
  await received(socket, /^INFO .*\r\n/s) // NATS speaks first; its greeting crosses the link one way only
  const greeting = JSON.stringify({ user: what.user, pass: what.password, verbose: false, pedantic: false })
  return exchange(socket, `CONNECT ${greeting}\r\nPING\r\n`, /PONG\r\n/)
}

async function exchange(socket: Socket, question: Buffer | string, answer: RegExp): Promise<number> {
  const start = performance.now()
  const came = received(socket, answer)
  socket.write(question)
  await came
  return performance.now() - start
}

function received(socket: Socket, wanted: RegExp): Promise<void> {
  return new Promise((resolve) => {
    let text = ''
    const listen = (data: Buffer): void => {
      text += data.toString('latin1')
      if (!wanted.test(text)) return
      socket.off('data', listen)
      resolve()
    }
    socket.on('data', listen)
  })
}

async function handshake(socket: Socket, { authority, certificate, key }: CertificateFiles): Promise<number> {
  const [ca, cert, own] = await Promise.all([authority, certificate, key].map((file) => readFile(file)))
  const start = performance.now()
  await new Promise<void>((resolve, reject) => {
    const options = { socket, ca: ca!, cert: cert!, key: own!, servername: 'localhost', ALPNProtocols: ['h2'] }
    const tls = connectTls(options, resolve)
    tls.once('error', reject)
    tls.once('close', () => reject(new Error('closed within the handshake')))
  })
  return performance.now() - start
}
