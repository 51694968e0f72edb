import { readFileSync } from 'node:fs'
import { createSecureServer } from 'node:http2'
import { createServer } from 'node:http'

// Stands in for any service in tests of the local target: listens as the configuration says, answers the operations port, and
// tells what it was told. `POST /die` ends it, `POST /unready` and `POST /ready` change its mind, `POST /load` its load.
interface Config {
  instance: string
  listen: { host: string; port: number }
  operations: { host: string; port: number; token: string }
  certificates: { authority: string; certificate: string; key: string }
  discovery: string
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
const operations = createServer((request, response) => {
  const path = request.url ?? ''
  if (request.method === 'POST') {
    if (path === '/die') process.exit(3)
    if (path === '/unready') ready = false
    if (path === '/ready') ready = true
    if (path.startsWith('/load?queue=')) load.queue_depth = Number(path.slice('/load?queue='.length))
  }
  load.requests_total++
  response.statusCode = path === '/readyz' && !ready ? 503 : 200
  if (path === '/load') return void response.end(JSON.stringify(load))
  if (path === '/state') return void response.end(JSON.stringify({ pending: { outbox: 2 } }))
  if (path === '/dump')
    return void response.end(
      `${JSON.stringify({ kind: 'account', account: config.instance, balance_minor: 1, version: 1 })}\n`,
    )
  response.end(readFileSync(config.discovery))
})
const stop = (): void => process.exit(0)
process.on('SIGTERM', stop)
process.on('disconnect', stop)
server.listen(config.listen)
operations.listen(config.operations)
