import { randomBytes } from 'node:crypto'

// What is asked over a link to see whether it answers, in the protocol of whoever listens there: servers speak only after their
// client. The answer may as well be a refusal: that one byte came back is all that is asked. (PostgreSQL answers an SSLRequest with
// one letter, Redis a PING with an error before any password; NATS speaks first, and then refuses.)

export interface ProbeQuestion {
  /** Hexadecimal. */
  question: string
  /** The server speaks first. */
  greets: boolean
}

const sslRequest = '0000000804d2162f'

export function probeQuestion(to: string): ProbeQuestion {
  if (to === 'postgres') return { question: sslRequest, greets: false }
  if (to === 'redis') return { question: Buffer.from('PING\r\n').toString('hex'), greets: false }
  if (to === 'nats') return { question: Buffer.from('CONNECT {}\r\nPING\r\n').toString('hex'), greets: true }
  return { question: clientHello(randomBytes(32)).toString('hex'), greets: false }
}

/**
 * A ClientHello of TLS 1.2 (RFC 5246, 7.4.1.2) with one cipher suite for certificates of elliptic curves: the server answers it
 * with its ServerHello, or with an alert.
 */
export function clientHello(random: Buffer): Buffer {
  const extension = (type: number, ...values: number[]): Buffer =>
    Buffer.concat([word(type), word(values.length), Buffer.from(values)])
  const extensions = Buffer.concat([
    extension(0x000a, 0x00, 0x02, 0x00, 0x17), // supported groups: secp256r1
    extension(0x000b, 0x01, 0x00), // point formats: uncompressed
    extension(0x000d, 0x00, 0x02, 0x04, 0x03), // signatures: ECDSA with SHA-256
  ])
  const suites = Buffer.from([0x00, 0x02, 0xc0, 0x2b]) // ECDHE-ECDSA-AES128-GCM-SHA256
  const body = Buffer.concat([
    Buffer.from([0x03, 0x03]),
    random,
    Buffer.from([0x00]), // no session to resume
    suites,
    Buffer.from([0x01, 0x00]), // no compression
    word(extensions.length),
    extensions,
  ])
  const handshake = Buffer.concat([Buffer.from([0x01, 0x00]), word(body.length), body])
  return Buffer.concat([Buffer.from([0x16, 0x03, 0x01]), word(handshake.length), handshake])
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}
