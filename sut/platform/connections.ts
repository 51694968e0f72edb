import type { Http2SecureServer, Http2ServerRequest, Http2ServerResponse, ServerHttp2Session } from 'node:http2'
import type { Socket } from 'node:net'
import type { Clock } from '#lib/clock.ts'

// How much an outsider can hold open without asking for anything. Node has an option for most of it; what it has none for is done here:
//
//   connects, and never ends the TLS handshake            handshake_ms
//   HTTP/1: headers, or a whole request, that never end   headers_ms, request_ms
//   HTTP/2: more streams than one client has use for      streams_max; those that are reset at once are bounded by Node
//   is connected and asks for nothing                     idle_ms
//   more connections, of an address or in all             address_max, all_max: the one that was not used for longest is closed

export interface ConnectionLimits {
  handshake_ms: number
  headers_ms: number
  request_ms: number
  /** Of a connection, at the same time. */
  streams_max: number
  /** Without a request under way. */
  idle_ms: number
  /** Behind an address may be a whole network, or a balancer. */
  address_max: number
  all_max: number
}

export const connectionLimits: ConnectionLimits = {
  handshake_ms: 5_000,
  headers_ms: 5_000,
  request_ms: 15_000,
  streams_max: 100,
  idle_ms: 60_000,
  address_max: 3_000,
  all_max: 4_000,
}
const look_every_ms = 1_000
/** A client that was told of the end of its connection has so long to close it. */
const farewell_ms = 1_000

/** For the server as it is made. */
export const serverOptions = ({ handshake_ms, streams_max }: ConnectionLimits) => ({
  handshakeTimeout: handshake_ms,
  settings: { maxConcurrentStreams: streams_max },
})

interface Connection {
  key: string
  address: string
  socket: Socket
  session?: ServerHttp2Session
  under_way: number
  used_ms: number
}

export interface Connections {
  /** A request of a connection is under way, until its stream is closed. */
  used(request: Http2ServerRequest, reply: Http2ServerResponse): void
  close(): void
}

/** Holds the limits on a server that has been made with `serverOptions`. */
export function boundConnections(server: Http2SecureServer, limits: ConnectionLimits, clock: Clock): Connections {
  const byKey = new Map<string, Connection>()
  // Those that were used longest ago are first.
  const all = new Set<Connection>()
  const byAddress = new Map<string, Set<Connection>>()

  const remove = (connection: Connection): void => {
    if (!all.delete(connection)) return
    byKey.delete(connection.key)
    const same = byAddress.get(connection.address)!
    same.delete(connection)
    if (same.size === 0) byAddress.delete(connection.address)
  }
  const touch = (connection: Connection): void => {
    connection.used_ms = clock.monotonic_ms()
    for (const set of [all, byAddress.get(connection.address)])
      if (set?.delete(connection) === true) set.add(connection)
  }
  const end = (connection: Connection): void => {
    remove(connection)
    farewell(connection)
  }
  /** Makes room; false when all of them are in use. */
  const spared = (among: Set<Connection>, max: number): boolean => {
    if (among.size < max) return true
    for (const connection of among) {
      if (connection.under_way > 0) continue
      end(connection)
      return true
    }
    return false
  }

  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? ''
    const same = byAddress.get(address) ?? new Set<Connection>()
    if (!spared(same, limits.address_max) || !spared(all, limits.all_max)) {
      socket.destroy()
      return
    }
    const connection: Connection = { key: keyOf(socket), address, socket, under_way: 0, used_ms: clock.monotonic_ms() }
    byKey.set(connection.key, connection)
    all.add(connection)
    byAddress.set(address, same.add(connection))
    socket.once('close', () => remove(connection))
  })
  server.on('session', (session) => {
    const connection = byKey.get(keyOf(session.socket))
    if (connection !== undefined) connection.session = session
  })
  Object.assign(server, {
    headersTimeout: limits.headers_ms,
    requestTimeout: limits.request_ms,
    keepAliveTimeout: limits.idle_ms,
    connectionsCheckingInterval: look_every_ms,
  })

  // timer: looks for connections that are not used
  const looks = setInterval(
    () => {
      const since_ms = clock.monotonic_ms() - limits.idle_ms
      for (const connection of all) {
        if (connection.used_ms > since_ms) break
        if (connection.under_way === 0) end(connection)
      }
    },
    Math.min(look_every_ms, limits.idle_ms / 2),
  ).unref()

  return {
    used(request, reply) {
      const connection = byKey.get(keyOf(request.socket))
      if (connection === undefined) return
      connection.under_way++
      touch(connection)
      reply.once('close', () => {
        connection.under_way--
        touch(connection)
      })
    },
    close: () => clearInterval(looks),
  }
}

const keyOf = ({ remoteAddress, remotePort }: Pick<Socket, 'remoteAddress' | 'remotePort'>): string =>
  `${remoteAddress} ${remotePort}`

/** HTTP/2 says that it ends, so that a client sends what it was about to send elsewhere. */
function farewell({ session, socket }: Connection): void {
  session?.close()
  // timer: a client that does not close
  setTimeout(() => socket.destroy(), session === undefined ? 0 : farewell_ms).unref()
}
