import type { Readable } from 'node:stream'
import { Failure, textOf } from '#lib/errors.ts'
import { ports } from '#kind-cluster/manifests/names.ts'
import type { Api } from './access/api.ts'

export interface PodPort {
  /** The operations port, if nothing else is said. */
  port?: number
  /** Whose operations token goes along: none, if it is not said. */
  service?: string
}

/** Questions to HTTP ports of pods, through the API server. */
export interface PodClient {
  /** Undefined when there is no (valid) answer. */
  json<T>(pod: string, path: string, at?: PodPort): Promise<T | undefined>
  /** The body as it comes; throws Failure STATE_UNREADABLE when the answer is not 200. */
  stream(pod: string, path: string, at?: PodPort): Promise<Readable>
}

/** The API server takes the header `authorization` away for itself. */
export const tokenHeader = 'x-operations-token'
const json_limit_ms = 2_000
const stream_pause_limit_ms = 60_000

export function podClient(
  api: Pick<Api, 'text' | 'stream'>,
  namespace: string,
  tokens: Readonly<Record<string, string>>,
): PodClient {
  const proxied = (pod: string, path: string, { port = ports.operations }: PodPort): string =>
    `/api/v1/namespaces/${namespace}/pods/${pod}:${port}/proxy${path}`
  const headersOf = ({ service }: PodPort): Record<string, string> =>
    service === undefined ? {} : { [tokenHeader]: tokens[service] ?? '' }
  return {
    async json<T>(pod: string, path: string, at: PodPort = {}) {
      try {
        const options = { headers: headersOf(at), limit_ms: json_limit_ms }
        return JSON.parse(await api.text(proxied(pod, path, at), options)) as T
      } catch {
        return undefined
      }
    },
    async stream(pod, path, at = {}) {
      try {
        const options = { headers: headersOf(at), limit_ms: stream_pause_limit_ms }
        return await api.stream(proxied(pod, path, at), options)
      } catch (error) {
        throw new Failure('STATE_UNREADABLE', `GET ${path} of ${pod}: ${textOf(error)}`, { cause: error })
      }
    },
  }
}
