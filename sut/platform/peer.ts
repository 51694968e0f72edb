import type { PeerCertificate } from 'node:tls'
import type { Client } from 'undici'
import { Problem } from '#sut/contracts/problems.ts'
import type { Certificates } from './certificates.ts'

/** One instance of another service: one HTTP/2 connection with mutual TLS, made at the first call and again when lost. */
export interface Peer {
  /** Rejects with Problem('deadline_exceeded') at the limit, with CallBroken when the connection says no. */
  request(options: PeerRequest, limit_ms: number, signal?: AbortSignal): Promise<PeerAnswer>
  /** Connected, and yet nothing was heard for longer than a few pings take: the other end is gone without a word. */
  silent(): boolean
  /** Something came from the other end after this time: an answer to any request, or to a ping. */
  heardSince(at_ms: number): boolean
  /** Lets what is under way end, at most `close_limit_ms`. */
  close(): void
}
export interface PeerRequest {
  method: 'GET' | 'POST'
  path: string
  headers: Record<string, string>
  body?: string
}
export interface PeerAnswer {
  status: number
  body: unknown
}

/** No answer came. `sent` false: the peer cannot have seen the request, so that any request may be made again. */
export class CallBroken extends Error {
  readonly sent: boolean

  constructor(sent: boolean, cause: unknown) {
    super('the connection broke', { cause })
    this.sent = sent
  }
}

const connect_limit_ms = 1000
const ping_every_ms = 1000
const silent_after_ms = 3500
const idle_limit_ms = 60_000
const streams_max = 200
const close_limit_ms = 5000

/** Loaded at the first call, or before by a service that knows that it will call. */
export const loadClient = async (): Promise<typeof Client> => (await import('undici')).Client

export function connectPeer(
  service: string,
  address: { host: string; port: number },
  certificates: Certificates,
  now: () => number,
): Peer {
  let connected = false
  let heard_ms = 0
  const hear = (): void => void (heard_ms = now())
  const open = async (): Promise<Client> => {
    const Http2Client = await loadClient()
    const opened = new Http2Client(`https://${address.host}:${address.port}`, {
      allowH2: true,
      pipelining: streams_max,
      h2Options: { pingInterval: ping_every_ms, maxConcurrentStreams: streams_max },
      keepAliveTimeout: idle_limit_ms,
      connect: {
        ...certificates,
        timeout: connect_limit_ms,
        minVersion: 'TLSv1.3',
        // An address says nothing of who is there: instances come and go. Who it is, its certificate says.
        checkServerIdentity: (_host: string, certificate: PeerCertificate) => wrongService(service, certificate),
      },
    })
    opened.on('connect', () => {
      connected = true
      hear()
    })
    opened.on('disconnect', () => (connected = false))
    // undici tells of each ping that was answered; its typings do not know the event.
    ;(opened as unknown as NodeJS.EventEmitter).on('ping', hear)
    client = opened
    return opened
  }
  let client: Client | undefined
  let opening: Promise<Client> | undefined

  return {
    async request(options, limit_ms, signal) {
      const answer = await exchange(client ?? (await (opening ??= open())), options, limit_ms, signal)
      hear()
      return answer
    },
    silent: () => connected && now() - heard_ms > silent_after_ms,
    heardSince: (at_ms) => heard_ms > at_ms,
    close: () => void opening?.then(closeClient, () => {}),
  }
}

function closeClient(client: Client): void {
  // timer: a connection that cannot end its requests is cut
  const cut = setTimeout(() => void client.destroy().catch(() => {}), close_limit_ms).unref()
  client.close().then(
    () => clearTimeout(cut),
    () => {},
  )
}

/**
 * One request with a time limit of our own: a request that waits for a connection would not heed a signal.
 *
 * Whoever gives up leaves the stream open, and its answer, which the same deadline bounds at the other end, is dropped.
 * Resetting a stream whose body is not sent yet can make Node's HTTP/2 session write empty frames for ever: the process
 * then burns a core, grows by hundreds of megabytes and answers nobody (docs/decisions/001).
 */
function exchange(
  client: Client,
  options: PeerRequest,
  limit_ms: number,
  signal: AbortSignal | undefined,
): Promise<PeerAnswer> {
  return new Promise((resolve, reject) => {
    let sent = false
    let status = 0
    let over = false
    const chunks: Buffer[] = []
    const end = (settle: () => void): void => {
      if (over) return
      over = true
      clearTimeout(timer)
      signal?.removeEventListener('abort', abandon)
      settle()
    }
    const giveUp = (problem: Problem): void => end(() => reject(problem))
    const abandon = (): void => giveUp(new Problem('deadline_exceeded', 'the caller gave up'))
    // timer: the caller's deadline
    const timer = setTimeout(
      () => giveUp(new Problem('deadline_exceeded', `no answer within ${Math.round(limit_ms)} ms`)),
      limit_ms,
    )
    const broken = (error: unknown): void => end(() => reject(new CallBroken(sent, error)))
    signal?.addEventListener('abort', abandon, { once: true })
    if (signal?.aborted === true) return abandon()

    client.dispatch(options, {
      onRequestStart: (started) => {
        // Its time was over before there was a connection: it must not be sent any more.
        if (over) started.abort(new Problem('deadline_exceeded', 'too late'))
        else sent = true
      },
      onResponseStart: (_controller, code) => void (status = code),
      onResponseData: (_controller, chunk) => void chunks.push(chunk),
      onResponseEnd: () => {
        try {
          const body: unknown = JSON.parse(Buffer.concat(chunks).toString())
          end(() => resolve({ status, body }))
        } catch (error) {
          broken(error)
        }
      },
      onResponseError: (_controller, error) => broken(error),
    })
  })
}

/** A certificate of our authority is not enough: it must be the one of the service that is called. */
function wrongService(service: string, { subjectaltname = '' }: PeerCertificate): Error | undefined {
  const named = /URI:spiffe:\/\/slot-chaos\/[a-z]+\/([a-z]+)/.exec(subjectaltname)?.[1]
  return named === service ? undefined : new Error(`the peer is ${named ?? 'nobody'}, not ${service}`)
}
