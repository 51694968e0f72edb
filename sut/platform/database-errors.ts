import { Problem } from '#sut/contracts/problems.ts'

// What an error of PostgreSQL says about the connection and the transaction. SQLSTATE: appendix A of its manual.

/** Thrown here when the server does not answer at all, although a statement has a shorter limit on its side. */
export class ServerSilent extends Error {}

const socket_codes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_WRITE_AFTER_END',
])

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

/** 25006: the server became read-only; 57P01–57P05: it is shutting down, starting, or ended the session; 08: broken. */
export const leavesServer = (error: unknown): boolean => {
  const code = codeOf(error)
  return (
    error instanceof ServerSilent ||
    code === '25006' ||
    code.startsWith('57P') ||
    code.startsWith('08') ||
    socket_codes.has(code) ||
    /^(Connection terminated|Client was closed|Client has encountered|timeout expired)/.test(messageOf(error))
  )
}

/** 40001 serialization failure, 40P01 deadlock: the same transaction may succeed when it is run again. */
export const mayRunAgain = (error: unknown): boolean => {
  const code = codeOf(error)
  return code === '40001' || code === '40P01'
}

/** 53: too many connections, out of memory or disk; 57014: statement limit; 55P03: lock limit; 25P03: idle too long. */
const isOverload = (error: unknown): boolean => /^(53...|57014|55P03|25P03)$/.test(codeOf(error))

/** Errors of the server's state become Problem('unavailable'); errors of the SQL stay what they are. */
export function toProblem(error: unknown): unknown {
  if (!leavesServer(error) && !isOverload(error)) return error
  return new Problem('unavailable', `database: ${messageOf(error)}`, { cause: error })
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
