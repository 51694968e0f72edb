import { connect } from 'node:net'
import { host } from '../context.ts'

const limit_ms = 1_000
const answer_max = 64 * 1024

/** Asks a Redis or a Sentinel one thing over a connection of its own, and returns what it answered, undecoded. Rejects when it does not. */
export function askRedis(port: number, password: string | null, command: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port }).setEncoding('utf8').setTimeout(limit_ms)
    let answer = ''
    socket.on('data', (text: string) => {
      answer += text
      if (answer.length > answer_max) socket.destroy(new Error(`answer longer than ${answer_max}`))
    })
    socket.once('end', () => resolve(password === null ? answer : answer.replace(/^\+OK\r\n/, '')))
    socket.once('timeout', () => socket.destroy(new Error(`no answer within ${limit_ms} ms`)))
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('closed without an answer')))
    // QUIT makes the server close after its answer: so all of the answer has come when the stream ends.
    const commands = [...(password === null ? [] : [['AUTH', password]]), command, ['QUIT']]
    socket.write(commands.map(encoded).join(''))
  })
}

/** A command in the protocol of Redis: an array of strings. */
function encoded(command: readonly string[]): string {
  return `*${command.length}\r\n${command.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`
}
