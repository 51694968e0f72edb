import { createSecureServer } from 'node:http2'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import { readCertificates, serialShownAt, watchCertificates } from '#sut/platform/certificates.ts'
import { readSealed } from '#sut/platform/sealed-file.ts'

// Stands in for any service in tests of the local target: listens as its configuration says, answers on the operations port,
// and does as it is told there by POST. Its log says which port that is.
// The process of a host gets the configurations of all its parts: each answers on its own operations port, the gateway also at the door,
// and for all when it is asked whether it is ready.
interface Config {
  instance: string
  listen: { host: string; port: number }
  operations: { host: string; port: number; token: string }
  certificates: { authority: string; certificate: string; key: string }
}

const { SLOT_CONFIG: vault, SLOT_CONFIG_KEY: vault_key } = process.env
const read = JSON.parse(await readSealed(vault!, vault_key!)) as Config | { services: Config[] }
const configs = 'services' in read ? read.services : [read]
const load = { requests_total: 0, in_flight: 0, queue_depth: 0, latency_p95_ms: 1 }
const unready = new Set<Config>()
/** These do not take up new certificates. */
const stubborn = new Set<Config>()
const isDoor = (instance: string): boolean => instance.startsWith('gateway')

function listen(config: Config): void {
  const { instance, listen: at } = config
  const certificates = watchCertificates(config, console.error)
  const isPublic = isDoor(instance)
  const options = {
    ...certificates.current(),
    requestCert: !isPublic,
    rejectUnauthorized: !isPublic,
    allowHTTP1: isPublic,
  }
  const server = createSecureServer(options, (request, response) => {
    request.resume().once('end', () => response.end(instance))
  }).listen(at)
  certificates.onChange((fresh) => stubborn.has(config) || server.setSecureContext(fresh))
}

function operate(config: Config): void {
  const orders: Record<string, () => void> = {
    '/die': () => process.exit(3),
    '/unready': () => unready.add(config),
    '/ready': () => unready.delete(config),
    '/keep-certificate': () => stubborn.add(config),
    '/take-certificate': () => stubborn.delete(config),
    '/busy': () => (load.queue_depth = 100),
    '/idle': () => (load.queue_depth = 0),
  }
  const state = { kind: 'account', account: config.instance, balance_minor: 1, version: 1 }
  const shown = () => serialShownAt(config.listen, readCertificates(config))
  const answers: Record<string, () => string | Promise<string>> = {
    '/config': () => JSON.stringify(config),
    '/certificate': async () => JSON.stringify({ serial: await shown() }),
    '/load': () => JSON.stringify(load),
    '/state': () => JSON.stringify({ pending: { outbox: 2 } }),
    '/dump': () => `${JSON.stringify(state)}\n`,
  }
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url ?? ''
    if (request.method === 'POST') orders[path]?.()
    load.requests_total++
    const ready = isDoor(config.instance) ? unready.size === 0 : !unready.has(config)
    response.statusCode = path === '/readyz' && !ready ? 503 : 200
    response.end((await answers[path]?.()) ?? '')
  }
  createServer((request, response) => void answer(request, response)).listen(config.operations)
  console.log(`stand-in ${config.instance} operations ${config.operations.port}`)
}

const stop = (): void => process.exit(0)
process.on('SIGTERM', stop)
process.on('disconnect', stop)
for (const config of configs) operate(config)
for (const config of configs.filter(({ instance }) => configs.length === 1 || isDoor(instance))) listen(config)
