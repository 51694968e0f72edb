import { readFileSync } from 'node:fs'
import { createSecureServer } from 'node:http2'
import { createServer } from 'node:http'

// Stands in for any service in tests of the local target: listens as its configuration says, answers on the operations port,
// and does as it is told there by POST.
interface Config {
  instance: string
  listen: { host: string; port: number }
  operations: { host: string; port: number; token: string }
  certificates: { authority: string; certificate: string; key: string }
}

const config = JSON.parse(readFileSync(process.env['SLOT_CONFIG']!, 'utf8')) as Config
const { authority, certificate, key } = config.certificates
const isPublic = config.instance.startsWith('gateway')
const load = { requests_total: 0, in_flight: 0, queue_depth: 0, latency_p95_ms: 1 }
let ready = true

const server = createSecureServer(
  {
    ca: readFileSync(authority),
    cert: readFileSync(certificate),
    key: readFileSync(key),
    requestCert: !isPublic,
    rejectUnauthorized: !isPublic,
    allowHTTP1: isPublic,
  },
  (_request, response) => void response.end(config.instance),
)
const orders: Record<string, () => void> = {
  '/die': () => process.exit(3),
  '/unready': () => (ready = false),
  '/ready': () => (ready = true),
  '/busy': () => (load.queue_depth = 100),
  '/idle': () => (load.queue_depth = 0),
}
const state = { kind: 'account', account: config.instance, balance_minor: 1, version: 1 }
const answers: Record<string, () => string> = {
  '/load': () => JSON.stringify(load),
  '/state': () => JSON.stringify({ pending: { outbox: 2 } }),
  '/dump': () => `${JSON.stringify(state)}\n`,
}
const operations = createServer((request, response) => {
  const path = request.url ?? ''
  if (request.method === 'POST') orders[path]?.()
  load.requests_total++
  response.statusCode = path === '/readyz' && !ready ? 503 : 200
  response.end(answers[path]?.() ?? '')
})
const stop = (): void => process.exit(0)
process.on('SIGTERM', stop)
process.on('disconnect', stop)
server.listen(config.listen)
operations.listen(config.operations)
