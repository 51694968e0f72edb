import type { Readable } from 'node:stream'
import type { Exec, KubeConfig } from '@kubernetes/client-node'
import { type Dispatcher, request } from 'undici'
import { Failure, textOf } from '#lib/errors.ts'

/** Which cluster, as whom: a file and a context in it. */
export interface Access {
  kubeconfig: string
  context: string
}

type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
const patches = {
  apply: 'application/apply-patch+yaml',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} as const

export interface CallOptions {
  body?: unknown
  patch?: keyof typeof patches
  headers?: Record<string, string>
  limit_ms?: number
  signal?: AbortSignal
}

/** The API server of one cluster. Paths are whole: /api/v1/namespaces/… */
export interface Api {
  readonly access: Access
  readonly server: string
  /** Throws ApiRefused when it answers otherwise than 2xx, CLUSTER_UNREACHABLE when it does not answer. */
  call<T>(method: Method, path: string, options?: CallOptions): Promise<T>
  text(path: string, options?: CallOptions): Promise<string>
  /** The body as it comes: a watch, a dump, a log. */
  stream(path: string, options?: CallOptions): Promise<Readable>
  exec: Exec['exec']
  close(): Promise<void>
}

/** An answer of the API server that is no success: 404, 403, 409 … */
export class ApiRefused extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.name = 'ApiRefused'
    this.status = status
  }
}

export const isGone = (error: unknown): boolean => error instanceof ApiRefused && error.status === 404

const call_limit_ms = 15_000
const idle_limit_ms = 60_000

/** Reads the kubeconfig and opens nothing yet. Throws CONTEXT_UNKNOWN. */
export async function openApi(access: Access): Promise<Api> {
  // Half a second of loading, which the other targets need not pay.
  const library = await import('@kubernetes/client-node')
  const config = new library.KubeConfig()
  config.loadFromFile(access.kubeconfig)
  const names = config.getContexts().map(({ name }) => name)
  if (!names.includes(access.context))
    throw new Failure(
      'CONTEXT_UNKNOWN',
      `${access.kubeconfig} has no context '${access.context}', only ${names.join(', ')}`,
    )
  config.setCurrentContext(access.context)
  const server = config.getCurrentCluster()?.server ?? ''
  const login = loginOf(config, library)

  const send = async (method: Method, path: string, options: CallOptions): Promise<Dispatcher.ResponseData> => {
    const { headers, dispatcher } = await login.now(server)
    const type = options.patch === undefined ? 'application/json' : patches[options.patch]
    try {
      return await request(`${server}${path}`, {
        method,
        headers: { accept: 'application/json', ...headers, 'content-type': type, ...options.headers },
        headersTimeout: options.limit_ms ?? call_limit_ms,
        bodyTimeout: options.limit_ms ?? idle_limit_ms,
        ...(dispatcher !== undefined && { dispatcher }),
        ...(options.signal !== undefined && { signal: options.signal }),
        ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
      })
    } catch (error) {
      options.signal?.throwIfAborted()
      throw new Failure('CLUSTER_UNREACHABLE', `${access.context}: ${server} does not answer: ${textOf(error)}`, {
        cause: error,
      })
    }
  }
  const answered = async (method: Method, path: string, options: CallOptions): Promise<Dispatcher.ResponseData> => {
    const answer = await send(method, path, options)
    if (answer.statusCode >= 200 && answer.statusCode < 300) return answer
    throw new ApiRefused(answer.statusCode, messageOf(await answer.body.text(), `${method} ${path}`, answer.statusCode))
  }
  const exec = new library.Exec(config)
  return {
    access,
    server,
    call: async <T>(method: Method, path: string, options: CallOptions = {}) =>
      (await (await answered(method, path, options)).body.json()) as T,
    text: async (path, options = {}) => (await answered('GET', path, options)).body.text(),
    stream: async (path, options = {}) => (await answered('GET', path, options)).body,
    exec: exec.exec.bind(exec),
    close: () => login.end(),
  }
}

/** Tokens and certificates of a login may be short-lived; asking anew for each call would cost a TLS handshake each time. */
const login_lasts_ms = 60_000

interface Login {
  headers: Record<string, string>
  dispatcher: Dispatcher | undefined
}

/** Headers and TLS of the user in the kubeconfig: certificates, tokens, exec plug-ins; the library knows them all. */
function loginOf(config: KubeConfig, { RequestContext, HttpMethod }: typeof import('@kubernetes/client-node')) {
  const dispatchers = new Set<Dispatcher>()
  let current: Promise<Login> | undefined
  let until_ms = 0
  const make = async (server: string): Promise<Login> => {
    const context = new RequestContext(server, HttpMethod.GET)
    await config.applySecurityAuthentication(context)
    const dispatcher = context.getDispatcher()
    // The last one closes when its last answer, or watch, has ended.
    for (const old of dispatchers) void old.close().then(() => dispatchers.delete(old), ignore)
    if (dispatcher !== undefined) dispatchers.add(dispatcher)
    return { headers: context.getHeaders(), dispatcher }
  }
  return {
    now(server: string): Promise<Login> {
      const now_ms = performance.now()
      if (current !== undefined && now_ms < until_ms) return current
      until_ms = now_ms + login_lasts_ms
      current = make(server)
      current.catch(() => (until_ms = 0))
      return current
    },
    end: async (): Promise<void> => {
      await Promise.all([...dispatchers].map((dispatcher) => dispatcher.destroy()))
    },
  }
}
const ignore = (): void => undefined

/** A Status object says it best. */
function messageOf(body: string, asked: string, status: number): string {
  try {
    const { message } = JSON.parse(body) as { message?: string }
    if (message !== undefined) return message
  } catch {
    // A pod behind the proxy answers as it likes.
  }
  return `${asked}: ${status} ${body.slice(0, 200)}`.trim()
}
