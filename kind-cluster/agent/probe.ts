import { connect } from 'node:net'
import type { Link } from './links.ts'

export interface ProbeAnswer {
  connected: boolean
  round_trip_ms: number | null
  error: string | null
}

/** One question (hexadecimal) and the first byte of its answer; `greets`: the server speaks first. Never rejects. */
export function probe(to: Link, greets: boolean, question: string, limit_ms: number): Promise<ProbeAnswer> {
  return new Promise((resolve) => {
    const socket = connect({ host: to.address, port: to.port, noDelay: true })
    let connected = false
    let asked_ms: number | null = null
    const finish = (round_trip_ms: number | null, error: string | null): void => {
      clearTimeout(limit)
      socket.destroy()
      resolve({ connected, round_trip_ms, error })
    }
    // timer: the limit of the probe
    const limit = setTimeout(() => finish(null, `no answer within ${limit_ms} ms`), limit_ms)
    const ask = (): void => {
      asked_ms = performance.now()
      socket.write(Buffer.from(question, 'hex'))
    }
    socket.once('connect', () => {
      connected = true
      if (!greets) ask()
    })
    socket.on('data', () => (asked_ms === null ? ask() : finish(performance.now() - asked_ms, null)))
    socket.once('error', (error) => finish(null, error.message))
    socket.once('close', () => finish(null, 'closed without an answer'))
  })
}
