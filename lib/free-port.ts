import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

// Not from the kernel (port 0): what it gives may be the source of somebody's connection a moment later (Linux 32768–60999, others
// 49152–65535). Below that, and below the blocks of systems, only who listens takes a port. Above 10080: `fetch` refuses that one and some
// below it, which browsers keep from misuse.
const range = { from: 10_100, to: 20_000 } as const
const tries_max = 100
const given = new Set<number>()

/** A port of 127.0.0.1 on which nothing listens. This process is given each port once. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < tries_max; tries++) {
    const port = randomInt(range.from, range.to)
    if (given.has(port)) continue
    given.add(port)
    if (await isFree(port)) return port
  }
  throw new Error(`no free port found from ${range.from} to ${range.to}`)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
