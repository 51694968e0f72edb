import { Agent, request } from 'undici'
import { Failure } from '#lib/errors.ts'
import { waitFor } from '#lib/wait.ts'
import { type SystemContext, host } from './context.ts'
import { keepRunning } from './kept-process.ts'
import { type StartGuard, guarded } from './start-guard.ts'

export interface ToxicSettings {
  name: string
  /** A type of Toxiproxy's, or `down`: refuses, and breaks what is open. */
  type: string
  stream: 'upstream' | 'downstream'
  attributes: Record<string, number>
}

/** One Toxiproxy; a proxy for each link that carries one, always at the same port. All operations are idempotent. */
export interface Proxies {
  /** Undefined: the link carries no proxy. */
  port(link: string): number | undefined
  ensure(link: string, upstream_port: number): Promise<void>
  add(link: string, toxic: ToxicSettings): Promise<void>
  remove(link: string, name: string): Promise<void>
  /** Asks the proxy. */
  has(link: string, name: string): Promise<boolean>
  toxics(): { link: string; toxic: ToxicSettings }[]
}

interface Proxy {
  port: number
  upstream_port: number
  toxics: Map<string, ToxicSettings>
}

const request_limit_ms = 5_000

export async function startProxies(context: SystemContext, start: StartGuard): Promise<Proxies> {
  const api_port = context.ports.port('toxiproxy')
  const agent = new Agent({ headersTimeout: request_limit_ms, bodyTimeout: request_limit_ms })
  context.ending.addEventListener('abort', () => void agent.destroy(), { once: true })
  const proxies = new Map<string, Proxy>()

  const call = async (method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<number> => {
    const answer = await request(`http://${host}:${api_port}${path}`, {
      method,
      dispatcher: agent,
      headers: { 'content-type': 'application/json', 'user-agent': 'slot-chaos' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await answer.body.text()
    const expected = [200, 201, 204, 404, 409].includes(answer.statusCode)
    if (!expected) throw new Error(`toxiproxy: ${method} ${path}: ${answer.statusCode} ${text.trim()}`)
    return answer.statusCode
  }
  const proxyPath = (link: string): string => `/proxies/${encodeURIComponent(link)}`
  const create = (link: string, { port, upstream_port }: Proxy): Promise<number> =>
    call('POST', '/proxies', { name: link, listen: `${host}:${port}`, upstream: `${host}:${upstream_port}` })
  const apply = async (link: string, toxic: ToxicSettings): Promise<void> => {
    if (toxic.type === 'down') return void (await call('POST', proxyPath(link), { enabled: false }))
    const path = `${proxyPath(link)}/toxics`
    if ((await call('POST', path, { ...toxic, toxicity: 1 })) !== 409) return
    await call('DELETE', `${path}/${encodeURIComponent(toxic.name)}`)
    await call('POST', path, { ...toxic, toxicity: 1 })
  }
  const known = (link: string): Proxy => {
    const proxy = proxies.get(link)
    if (proxy === undefined) throw new Failure('UNKNOWN_LINK', `link ${link} carries no proxy`)
    return proxy
  }

  const kept = keepRunning(context, {
    name: 'toxiproxy',
    launch: async () => {
      const started = context.processes.spawn({
        name: 'toxiproxy',
        command: context.request.programs.toxiproxy.path,
        args: ['-host', host, '-port', String(api_port)],
        environment: { ...context.request.programs.toxiproxy.environment, LOG_LEVEL: 'warn' },
      })
      const answers = (): Promise<boolean> => call('GET', '/version').then(Boolean, () => false)
      await waitFor(answers, { what: 'toxiproxy to answer', limit_ms: request_limit_ms, every_ms: 20 })
      for (const [link, proxy] of proxies) {
        await create(link, proxy)
        for (const toxic of proxy.toxics.values()) await apply(link, toxic)
      }
      return started
    },
  })
  await guarded(start, 'toxiproxy', ['toxiproxy'], () => kept.start())

  return {
    port: (link) => proxies.get(link)?.port,
    async ensure(link, upstream_port) {
      if (proxies.has(link)) return
      const proxy = { port: context.ports.port(link), upstream_port, toxics: new Map() }
      proxies.set(link, proxy)
      await create(link, proxy)
    },
    async add(link, toxic) {
      const proxy = known(link)
      proxy.toxics.set(toxic.name, toxic)
      await apply(link, toxic)
    },
    async remove(link, name) {
      const proxy = proxies.get(link)
      const toxic = proxy?.toxics.get(name)
      if (proxy === undefined || toxic === undefined) return
      proxy.toxics.delete(name)
      if (toxic.type !== 'down') await call('DELETE', `${proxyPath(link)}/toxics/${encodeURIComponent(name)}`)
      else if (![...proxy.toxics.values()].some(({ type }) => type === 'down'))
        await call('POST', proxyPath(link), { enabled: true })
    },
    async has(link, name) {
      // One that was told to be down is disabled, and has no toxic.
      if (proxies.get(link)?.toxics.get(name)?.type === 'down') return true
      const path = `${proxyPath(link)}/toxics/${encodeURIComponent(name)}`
      return (await call('GET', path)) === 200
    },
    toxics: () => [...proxies].flatMap(([link, { toxics }]) => [...toxics.values()].map((toxic) => ({ link, toxic }))),
  }
}
