import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import { Client } from 'undici'
import type { Certificates } from './certificates.ts'

/** One instance of another service: one HTTP/2 connection with mutual TLS, made at the first call and again when lost. */
export interface Peer {
  readonly born_ms: number
  request(options: PeerRequest): Promise<{ status: number; body: unknown }>
  /** Lets what is under way end, at most `close_limit_ms`. */
  close(): void
}
export interface PeerRequest {
  method: 'GET' | 'POST'
  path: string
  headers: Record<string, string>
  body?: string
  signal: AbortSignal
}

const connect_timeout_ms = 1000
/** A dead peer that does not refuse is noticed after this. */
const ping_every_ms = 2000
const streams_max = 200
const close_limit_ms = 5000

export function connectPeer(
  service: string,
  address: { host: string; port: number },
  certificates: Certificates,
  now_ms: number,
): Peer {
  const client = new Client(`https://${address.host}:${address.port}`, {
    allowH2: true,
    pipelining: streams_max,
    h2Options: { pingInterval: ping_every_ms, maxConcurrentStreams: streams_max },
    connect: {
      ...certificates,
      timeout: connect_timeout_ms,
      minVersion: 'TLSv1.3',
      checkServerIdentity: (host: string, certificate: PeerCertificate) =>
        checkServerIdentity(host, certificate) ?? wrongService(service, certificate),
    },
  })
  return {
    born_ms: now_ms,
    request: async ({ body, ...options }) => {
      const answer = await client.request({ ...options, ...(body === undefined ? {} : { body }) })
      return { status: answer.statusCode, body: await answer.body.json() }
    },
    close: () => {
      // timer: a connection that cannot end its requests is cut
      const cut = setTimeout(() => void client.destroy().catch(() => {}), close_limit_ms).unref()
      void client.close().then(
        () => clearTimeout(cut),
        () => {},
      )
    },
  }
}

/** A certificate of our authority is not enough: it must be the one of the service that is called. */
function wrongService(service: string, { subjectaltname = '' }: PeerCertificate): Error | undefined {
  const named = /URI:spiffe:\/\/slot-chaos\/[a-z]+\/([a-z]+)/.exec(subjectaltname)?.[1]
  return named === service ? undefined : new Error(`the peer is ${named ?? 'nobody'}, not ${service}`)
}
