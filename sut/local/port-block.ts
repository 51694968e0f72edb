import { createServer, type Server } from 'node:net'
import { Failure } from '#lib/errors.ts'

// Every port of a system is in one block. Its first port is held as long as the system lives, so two systems never share a block.
//
//   base        base+1 … base+299
//   the lock    given out by name, each name keeps its port
export const block_size = 300
export const blocks_from = 20_000
export const blocks_to = 32_000
const host = '127.0.0.1'

export interface PortBlock extends AsyncDisposable {
  readonly base: number
  /** The same name gets the same port, also after what listened there is gone. */
  port(name: string): number
}

/**
 * Takes the first block in which every port is free. `from`: that block or none.
 * Throws Failure PORT_TAKEN, which names the port that is in the way.
 */
export async function takePortBlock(from?: number): Promise<PortBlock> {
  const bases =
    from === undefined
      ? Array.from({ length: (blocks_to - blocks_from) / block_size }, (_, index) => blocks_from + index * block_size)
      : [from]
  let taken = 0
  for (const base of bases) {
    const lock = await bind(base)
    if (lock === null) {
      taken = base
      continue
    }
    const other = await firstTaken(base + 1, base + block_size)
    if (other === null) return blockOf(base, lock)
    taken = other
    await closed(lock)
  }
  const what = from === undefined ? `no free block of ${block_size} ports` : `port ${taken} is taken`
  throw new Failure(
    'PORT_TAKEN',
    `${what} (needed: ${bases[0]} to ${bases.at(-1)! + block_size - 1}, last seen ${taken})`,
  )
}

function blockOf(base: number, lock: Server): PortBlock {
  const ports = new Map<string, number>()
  return {
    base,
    port(name) {
      const known = ports.get(name)
      if (known !== undefined) return known
      const next = base + 1 + ports.size
      if (next >= base + block_size) throw new Error(`no port left for ${name}: a system has ${block_size}`)
      ports.set(name, next)
      return next
    },
    [Symbol.asyncDispose]: () => closed(lock),
  }
}

async function firstTaken(from: number, to: number): Promise<number | null> {
  const ports = Array.from({ length: to - from }, (_, index) => from + index)
  const servers = await Promise.all(ports.map(bind))
  await Promise.all(servers.flatMap((server) => (server === null ? [] : [closed(server)])))
  const index = servers.indexOf(null)
  return index === -1 ? null : from + index
}

function bind(port: number): Promise<Server | null> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', () => resolve(null))
    server.listen({ port, host, exclusive: true }, () => resolve(server))
  })
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}
