import { serialShownAt } from './certificates.ts'
import type { ServiceConfig } from './config.ts'
import { serviceCalls, type Calling, type CallsOptions } from './calls.ts'
import type { Exchange } from './exchange.ts'
import type { LoadMeter } from './load-meter.ts'
import type { HttpServer } from './platform.ts'
import { httpServer, serveCall } from './server.ts'
import type { TraceEntry } from './trace-entry.ts'

export interface ConnectOptions extends CallsOptions {
  meter: LoadMeter
  entry: TraceEntry
  /** The gateway's door. */
  public: boolean
  /** Where the process hosts the callers and callees too: calls go through it instead of the network. */
  exchange?: Exchange | undefined
}

export interface Connected {
  /** Throws where there is none: whoever calls is in this process. */
  http(): HttpServer
  /** Opens the door and gives its port; 0 where there is none. */
  listen(): Promise<number>
  /** Closes the door when the requests that are under way have ended. */
  closeDoor(): Promise<void>
  /** Serial number of the certificate that its door shows; null where there is none. */
  shown(): Promise<string | null>
  calling: Calling
}

/** How a service is reached, and reaches others: over the network, or within its process; the door for players stays. */
export function connect(options: ConnectOptions): Connected {
  const { config, exchange } = options
  const door = options.public || exchange === undefined ? httpServer(options) : undefined
  const http = (): HttpServer => {
    if (door === undefined) throw new Error(`${config.service} has no door: its callers are in its process`)
    return door
  }
  return {
    http,
    listen: async () => {
      await door?.listen(config.listen)
      return door === undefined ? 0 : portOf(door, config)
    },
    closeDoor: async () => door?.close(),
    shown: async () =>
      door === undefined
        ? null
        : serialShownAt({ host: config.listen.host, port: portOf(door, config) }, options.certificates.current()),
    calling: exchange?.join({ ...options, service: config.service }) ?? overNetwork(http(), options),
  }
}

const overNetwork = (http: HttpServer, options: CallsOptions): Calling => ({
  ...serviceCalls(options),
  serve: (name, handler) => serveCall(http, options.clock, name, handler),
})

function portOf(door: HttpServer, { listen }: ServiceConfig): number {
  const address = door.server.address()
  return typeof address === 'object' && address !== null ? address.port : listen.port
}
