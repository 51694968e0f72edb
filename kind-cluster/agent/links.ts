import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { pause, waitFor } from '#lib/wait.ts'

//   pod's program ──► nft redirect ──► toxiproxy (its own user, who is not redirected) ──► destination

export interface Link {
  address: string
  port: number
}
export interface Toxic {
  name: string
  type: string
  stream: string
  attributes: Record<string, number>
}
interface Redirect {
  to: Link
  listen: number
  toxics: Map<string, Toxic>
}

const proxy_user = 65_533
const api_port = 18_474
const first_port = 18_500
const start_limit_ms = 5_000
/** Packets of connections that have just been closed still need the redirect to find back. */
const last_packets_ms = 200
const table = 'slot_chaos'
const redirects = new Map<string, Redirect>()
let proxy: ChildProcess | undefined

/** `link name` of every toxic. */
export const activeToxics = (): string[] =>
  [...redirects].flatMap(([link, { toxics }]) => [...toxics.keys()].map((name) => `${link} ${name}`))

const run = (command: string, args: string[], input = ''): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = execFile(command, args, (error, stdout, stderr) =>
      error === null ? resolve(stdout) : reject(new Error(`${command}: ${stderr.trim() || error.message}`)),
    )
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
  })

/** All redirects at once: nft takes a file whole or not at all. */
async function writeRules(active: Iterable<Redirect>): Promise<void> {
  const rules = [...active].map(
    ({ to, listen }) =>
      `ip daddr ${to.address} tcp dport ${to.port} meta skuid != ${proxy_user} redirect to :${listen}`,
  )
  const file = [
    `table ip ${table}`,
    `delete table ip ${table}`,
    `table ip ${table} {`,
    'chain out {',
    'type nat hook output priority -100; policy accept;',
    ...rules,
    '}',
    '}',
  ]
  await run('nft', ['-f', '-'], `${file.join('\n')}\n`)
}

/** Connections that are open already know nothing of a redirect: they are broken, so that the next ones take it. */
async function breakOpen({ address, port }: Link): Promise<void> {
  await run('ss', ['-K', 'dst', address, 'dport', '=', String(port)]).catch(() => undefined)
  await run('conntrack', ['-D', '-p', 'tcp', '-d', address, '--dport', String(port)]).catch(() => undefined)
}

async function api(method: string, path: string, body?: unknown): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${api_port}${path}`, {
    method,
    headers: { 'content-type': 'application/json', 'user-agent': 'slot-chaos' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  if (!answer.ok && answer.status !== 404 && answer.status !== 409)
    throw new Error(`toxiproxy: ${answer.status} ${text}`)
}

async function startProxy(): Promise<void> {
  if (proxy !== undefined) return
  const options = { uid: proxy_user, gid: proxy_user, stdio: 'ignore' } as const
  proxy = spawn('toxiproxy-server', ['-host', '127.0.0.1', '-port', String(api_port)], options)
  proxy.on('error', () => undefined)
  const undo = `nft delete table ip ${table}; kill -9 ${proxy.pid}`
  const guard = `while kill -0 ${process.pid} 2>/dev/null && ! grep -q '^State:.Z' /proc/${process.pid}/status; do sleep 1; done; ${undo}`
  spawn('sh', ['-c', guard], { stdio: 'ignore', detached: true }).unref()
  const answers = (): Promise<boolean> =>
    api('GET', '/version').then(
      () => true,
      () => false,
    )
  await waitFor(answers, { what: 'toxiproxy to answer', limit_ms: start_limit_ms, every_ms: 50 })
}

/** Idempotent: a toxic of the same name is replaced. When it throws, the link is as it was. */
export async function addToxic(link: string, to: Link, toxic: Toxic): Promise<void> {
  await startProxy()
  const known = redirects.get(link)
  const path = `/proxies/${encodeURIComponent(link)}/toxics`
  const put = async (redirect: Redirect): Promise<void> => {
    await api('DELETE', `${path}/${encodeURIComponent(toxic.name)}`)
    await api('POST', path, { ...toxic, toxicity: 1 })
    redirect.toxics.set(toxic.name, toxic)
  }
  if (known !== undefined) return put(known)
  const used = [...redirects.values()].map(({ listen }) => listen)
  const redirect = { to, listen: Math.max(first_port, ...used) + 1, toxics: new Map<string, Toxic>() }
  await api('POST', '/proxies', {
    name: link,
    listen: `127.0.0.1:${redirect.listen}`,
    upstream: `${to.address}:${to.port}`,
  })
  try {
    await put(redirect)
    await writeRules([...redirects.values(), redirect])
    redirects.set(link, redirect)
    await breakOpen(to)
  } catch (error) {
    await api('DELETE', `/proxies/${encodeURIComponent(link)}`)
    throw error
  }
}

/** Idempotent. */
export async function removeToxic(link: string, name: string): Promise<void> {
  const redirect = redirects.get(link)
  if (redirect?.toxics.delete(name) !== true) return
  await api('DELETE', `/proxies/${encodeURIComponent(link)}/toxics/${encodeURIComponent(name)}`)
  if (redirect.toxics.size > 0) return
  redirects.delete(link)
  // New connections go straight; those through the proxy are closed by it while their packets still find back.
  await writeRules(redirects.values())
  await api('DELETE', `/proxies/${encodeURIComponent(link)}`)
  if (redirects.size === 0) await undoAll()
}

/** Idempotent: no redirect, no proxy. */
export async function undoAll(): Promise<void> {
  redirects.clear()
  if (proxy === undefined) return
  await writeRules([]).catch(() => undefined)
  const ended = new Promise((resolve) => proxy?.once('exit', resolve))
  proxy.kill('SIGKILL')
  await ended
  proxy = undefined
  await pause(last_packets_ms)
  await run('nft', ['delete', 'table', 'ip', table])
}
