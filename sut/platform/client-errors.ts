import { STATUS_CODES } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { type ProblemCode, problems } from '#sut/contracts/problems.ts'
import type { HttpServer } from './platform.ts'

// What Node's HTTP/1 parser refuses by itself, before there is a request: in the form of all other refusals.

const codes: Readonly<Record<string, ProblemCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
  HPE_HEADER_OVERFLOW: 'headers_refused',
}
const messages: Partial<Record<ProblemCode, string>> = {
  request_timeout: 'the request did not arrive in time',
  headers_refused: 'too many bytes of headers',
}

/** For the server as it is made. */
export function clientErrors() {
  const silent = new WeakMap<object, number>()
  return {
    /** Watches what arrives on the connections of a server. */
    follow(server: HttpServer['server']): void {
      server.on('secureConnection', (socket: TLSSocket) => silent.set(socket, socket.bytesRead))
    },
    clientErrorHandler(error: NodeJS.ErrnoException, socket: TLSSocket): void {
      if (error.code === 'ECONNRESET' || socket.destroyed) return
      const code = codes[error.code ?? ''] ?? 'malformed'
      // A connection that a client keeps for later. An answer would be taken for that of the request that is sent on it at this moment.
      const unused = silent.get(socket) === socket.bytesRead
      if (socket.writable && !(code === 'request_timeout' && unused)) socket.end(answerOf(code))
      socket.destroySoon()
    },
  }
}

function answerOf(code: ProblemCode): string {
  const { status } = problems[code]
  const body = JSON.stringify({ code, message: messages[code] ?? 'this is no request' })
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'connection: close',
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}
