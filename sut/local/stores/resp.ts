import { connect } from 'node:net'
import { host } from '../context.ts'

const limit_ms = 1_000
const answer_max = 64 * 1024

/** Asks a Redis or a Sentinel one thing over a connection of its own, and returns its answer as it came. Rejects when there is none. */
export function askRedis(
  port: number,
  login: { user: string; password: string },
  command: readonly string[],
): Promise<string> {
  const commands = [['AUTH', login.user, login.password], command]
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port }).setEncoding('latin1').setTimeout(limit_ms)
    let received = ''
    socket.on('data', (text: string) => {
      received += text
      const ends = endsOf(received, commands.length)
      if (ends.length === commands.length) {
        resolve(received.slice(ends.at(-2) ?? 0))
        socket.destroy()
      } else if (received.length > answer_max) socket.destroy(new Error(`answer longer than ${answer_max}`))
    })
    socket.once('timeout', () => socket.destroy(new Error(`no answer within ${limit_ms} ms`)))
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('closed without an answer')))
    socket.write(commands.map(encoded).join(''))
  })
}

/** A command in the protocol of Redis: an array of strings. */
function encoded(command: readonly string[]): string {
  return `*${command.length}\r\n${command.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`
}

/** Where the first answers end, as many of them as are complete. */
function endsOf(text: string, wanted: number): number[] {
  const ends: number[] = []
  for (let at: number | null = 0; ends.length < wanted; ends.push(at)) {
    at = endOf(text, at)
    if (at === null) break
  }
  return ends
}

/** The end of the value that begins at `at`; null when some of it is still missing. */
export function endOf(text: string, at: number): number | null {
  const line = text.indexOf('\r\n', at)
  if (line === -1) return null
  const length = Number(text.slice(at + 1, line))
  let end: number | null = line + 2
  if (text[at] === '$' && length >= 0) end += length + 2
  if (text[at] === '*') for (let left = length; left > 0 && end !== null; left--) end = endOf(text, end)
  return end !== null && end <= text.length ? end : null
}
