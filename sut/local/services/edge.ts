import { type Socket, connect, createServer } from 'node:net'

// The public door of a region: one address for all gateways of it, as a load balancer gives it. Bytes pass as they are, TLS ends
// in the gateway. A new connection goes to the gateway with the fewest open ones; when that refuses, to the next.
//
//   node sut/local/services/edge.ts HOST PORT       targets come as messages from the parent; it ends with its parent
interface Target {
  host: string
  port: number
}
export interface TargetsMessage {
  targets: Target[]
}

const connect_limit_ms = 1_000
const open_max = 10_000

let targets: Target[] = []
const open = new Map<string, number>()
const key = ({ host, port }: Target): string => `${host}:${port}`
const count = (target: Target, change: number): void =>
  void open.set(key(target), (open.get(key(target)) ?? 0) + change)

function pass(client: Socket, tried: ReadonlySet<string>): void {
  const [target] = targets
    .filter((each) => !tried.has(key(each)))
    .toSorted((x, y) => (open.get(key(x)) ?? 0) - (open.get(key(y)) ?? 0))
  if (target === undefined) return void client.resetAndDestroy()
  count(target, 1)
  const gateway = connect({ ...target, noDelay: true })
  gateway.setTimeout(connect_limit_ms, () => gateway.destroy(new Error('no connection in time')))
  let connected = false
  gateway.once('connect', () => {
    connected = true
    gateway.setTimeout(0)
    client.pipe(gateway).pipe(client)
  })
  gateway.on('error', () => undefined) // its end follows
  gateway.once('close', () => {
    count(target, -1)
    if (!connected && !client.destroyed) return pass(client, new Set([...tried, key(target)]))
    if (gateway.errored === null) client.destroySoon()
    else client.resetAndDestroy()
  })
  client.once('close', () => gateway.destroy())
}

if (import.meta.main) {
  const [host, port] = process.argv.slice(2)
  const server = createServer({ noDelay: true, pauseOnConnect: false, allowHalfOpen: false }, (client) => {
    client.on('error', () => undefined) // a client that leaves: its end follows
    pass(client, new Set())
  })
  server.maxConnections = open_max
  process.on('message', (message: TargetsMessage) => (targets = message.targets))
  process.on('disconnect', () => process.exit(0))
  server.listen({ host, port: Number(port) })
}
