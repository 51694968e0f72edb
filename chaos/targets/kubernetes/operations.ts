import type { Readable } from 'node:stream'
import { Failure, textOf } from '#lib/errors.ts'
import { ports } from '#kind-cluster/manifests/names.ts'
import type { Api } from './access/api.ts'

/** Questions to HTTP ports of pods, through the API server. */
export interface PodClient {
  /** Undefined when there is no (valid) answer. */
  json<T>(pod: string, path: string, port?: number): Promise<T | undefined>
  /** The body as it comes; throws Failure STATE_UNREADABLE when the answer is not 200. */
  stream(pod: string, path: string, port?: number): Promise<Readable>
}

/** The API server takes the header `authorization` away for itself. */
export const tokenHeader = 'x-operations-token'
const json_limit_ms = 2_000
const stream_pause_limit_ms = 60_000

export function podClient(api: Pick<Api, 'text' | 'stream'>, namespace: string, token: string): PodClient {
  const proxied = (pod: string, path: string, port: number = ports.operations): string =>
    `/api/v1/namespaces/${namespace}/pods/${pod}:${port}/proxy${path}`
  const headers = { [tokenHeader]: token }
  return {
    async json<T>(pod: string, path: string, port?: number) {
      try {
        return JSON.parse(await api.text(proxied(pod, path, port), { headers, limit_ms: json_limit_ms })) as T
      } catch {
        return undefined
      }
    },
    async stream(pod, path, port) {
      try {
        return await api.stream(proxied(pod, path, port), { headers, limit_ms: stream_pause_limit_ms })
      } catch (error) {
        throw new Failure('STATE_UNREADABLE', `GET ${path} of ${pod}: ${textOf(error)}`, { cause: error })
      }
    },
  }
}
