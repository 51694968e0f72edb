import { once } from 'node:events'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { connect as connectTcp, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '#lib/clock.ts'
import type { ServiceName } from '#sut/contracts/descriptor.ts'
import { createAuthority } from '#sut/deployment/pki.ts'
import { readCertificates, serialShownAt } from '../certificates.ts'
import type { ServiceConfig } from '../config.ts'
import type { Load } from '../load-meter.ts'
import { startService, type StartedService, type Wire } from '../service.ts'

// Services of a test without stores, in this process, with real mutual TLS between them.

export interface ServiceAddress {
  instance: string
  region: 'a' | 'b'
  host: string
  port: number
}
export interface Listener {
  readonly port: number
  close(): Promise<void>
}
export interface Network extends AsyncDisposable {
  /** `known`: what its discovery names, the wallets when it is a list; `certificate`: of which service it has one. */
  start(
    service: ServiceName,
    wire: Wire,
    known?: ServiceAddress[] | Record<string, ServiceAddress[]>,
    certificate?: ServiceName,
  ): Promise<StartedService>
  /** What the discovery of an instance (`<service>-a-<number of its start>`) names from now on. */
  announce(instance: string, known: ServiceAddress[] | Record<string, ServiceAddress[]>): Promise<void>
  /** A bare TCP server. */
  listen(onConnection: (socket: Socket) => void): Promise<Listener>
  /** Replaces the certificate files of a service by new ones. */
  rotate(service: StartedService): Promise<void>
  /** Serial number of the certificate that a new connection is shown. */
  certificateOf(service: StartedService): Promise<string>
  load(service: StartedService): Promise<Load>
}

const host = '127.0.0.1'

export async function startNetwork(): Promise<Network> {
  const stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'slot-chaos-test-network-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const authority = await createAuthority(folder, 'test', systemClock)
  let count = 0
  const discoveryOf = (instance: string): string => join(folder, `${instance}.json`)
  const announce: Network['announce'] = async (instance, known) => {
    const services = Array.isArray(known) ? { wallet: known } : known
    const stores = { postgres: [], redis: { sentinels: [], group: 'slot', addresses: {} }, nats: [] }
    const path = discoveryOf(instance)
    await writeFile(`${path}.new`, JSON.stringify({ services, ...stores }))
    await rename(`${path}.new`, path)
  }

  return {
    announce,
    async start(service, wire, known = {}, certificate = service) {
      const instance = `${service}-a-${(count += 1)}`
      await announce(instance, known)
      const config: ServiceConfig = {
        service,
        region: 'a',
        instance,
        system: 'test',
        design: 'standard',
        listen: { host, port: 0 },
        operations: { host, port: 0, token: 'token' },
        certificates: await authority.issue(certificate, 'a'),
        discovery: discoveryOf(instance),
        secrets: {},
        drain_ms: 0,
        log_level: 'silent',
      }
      const started = await startService(config, wire)
      stack.defer(() => started.stop())
      return started
    },
    async listen(onConnection) {
      const listener = await listen(onConnection)
      stack.defer(() => listener.close())
      return listener
    },
    async rotate({ platform: { config } }) {
      // The authority writes to the same paths again.
      await authority.issue(config.service, config.region)
    },
    certificateOf: ({ port, platform }) => serialShownAt({ host, port }, readCertificates(platform.config)),
    load: async ({ operations_port }) =>
      (await fetch(`http://${host}:${operations_port}/load`)).json() as Promise<Load>,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

async function listen(onConnection: (socket: Socket) => void): Promise<Listener> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    onConnection(socket)
  })
  server.listen(0, host)
  await once(server, 'listening')
  return {
    port: (server.address() as { port: number }).port,
    async close() {
      for (const socket of sockets) socket.destroy()
      if (!server.listening) return
      server.close()
      await once(server, 'close')
    },
  }
}

/** A link that can swallow everything, connections that are open and those to come, without closing one. */
export async function forwarder(port: number): Promise<AsyncDisposable & { port: number; swallow(on: boolean): void }> {
  let swallowing = false
  const listener = await listen((near) => {
    const far = connectTcp(port, host)
    // What came while the link was dead is lost for good, as in a network; TLS then ends the connection.
    near.on('data', (chunk) => swallowing || far.write(chunk)).on('close', () => far.destroy())
    far
      .on('data', (chunk) => swallowing || near.write(chunk))
      .on('error', () => near.destroy())
      .on('close', () => near.destroy())
  })
  return {
    port: listener.port,
    swallow: (on) => void (swallowing = on),
    [Symbol.asyncDispose]: () => listener.close(),
  }
}
