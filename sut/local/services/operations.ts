import { Agent, request } from 'undici'
import type { Readable } from 'node:stream'
import { host } from '../context.ts'

/** Questions to the operations ports of the instances; with the token of `service`, for what needs it. */
export interface OperationsClient {
  ready(port: number): Promise<boolean>
  /** Undefined when there is no (valid) answer. */
  json<T>(port: number, path: string, service?: string): Promise<T | undefined>
  /** The body as it comes; throws when the answer is not 200. */
  stream(port: number, path: string, service: string): Promise<Readable>
}

/** Kubernetes' default for the time-out of a probe. */
const probe_limit_ms = 1_000
const json_limit_ms = 2_000
const stream_pause_limit_ms = 60_000

export function operationsClient(tokens: Readonly<Record<string, string>>, ending: AbortSignal): OperationsClient {
  const agent = new Agent({ connectTimeout: probe_limit_ms, keepAliveTimeout: 30_000 })
  ending.addEventListener('abort', () => void agent.destroy(), { once: true })
  const get = (port: number, path: string, limit_ms: number, service?: string) =>
    request(`http://${host}:${port}${path}`, {
      dispatcher: agent,
      headers: service === undefined ? {} : { authorization: `Bearer ${tokens[service] ?? ''}` },
      headersTimeout: limit_ms,
      bodyTimeout: limit_ms,
    })
  return {
    async ready(port) {
      try {
        const { statusCode, body } = await get(port, '/readyz', probe_limit_ms)
        await body.dump()
        return statusCode === 200
      } catch {
        return false
      }
    },
    async json<T>(port: number, path: string, service?: string) {
      try {
        const { statusCode, body } = await get(port, path, json_limit_ms, service)
        const answer = (await body.json()) as T
        return statusCode === 200 ? answer : undefined
      } catch {
        return undefined
      }
    },
    async stream(port, path, service) {
      const { statusCode, body } = await get(port, path, stream_pause_limit_ms, service)
      if (statusCode !== 200) throw new Error(`GET ${path} on port ${port}: ${statusCode} ${await body.text()}`)
      return body
    },
  }
}
