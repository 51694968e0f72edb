import type { ServiceName } from '#sut/contracts/descriptor.ts'
import type { Platform } from './platform.ts'

export interface RunOptions {
  /** TLS without client certificates, HTTP/1.1 too: the gateway's door. */
  public?: boolean
}

/** The whole life of a service process: see platform.ts for what `wire` gets. */
export declare function runService(
  name: ServiceName,
  wire: (platform: Platform) => Promise<void> | void,
  options?: RunOptions,
): Promise<void>
