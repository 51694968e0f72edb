import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'

// The fault agent: runs inside a pod, in an ephemeral container that sees the pod's network and processes. Its text is handed to
// node there (stream.ts), so it imports nothing but node's own. Questions and answers are JSON lines on stdin and stdout.
//
//   pod's program ──► nft redirect ──► toxiproxy (its own user, not redirected) ──► destination
//
// It is a dead man's switch: at the end of its input, or after ten seconds without a line, it undoes everything and ends; and if it
// is killed itself, the guard beside it does.

interface Toxic {
  name: string
  type: string
  stream: string
  attributes: Record<string, number>
}
interface Link {
  address: string
  port: number
}
type Question = { id: number } & (
  | { verb: 'beat' }
  | { verb: 'kill' }
  | { verb: 'add'; link: string; to: Link; toxic: Toxic }
  | { verb: 'remove'; link: string; name: string }
  | { verb: 'probe'; to: Link; greets: boolean; question: string; limit_ms: number }
)
interface Redirect {
  to: Link
  listen: number
  toxics: Map<string, Toxic>
}

const silence_max_ms = 10_000
const proxy_user = 65_533
const api_port = 18_474
const first_port = 18_500
const table = 'slot_chaos'
const redirects = new Map<string, Redirect>()
let proxy: ChildProcess | undefined

const run = (command: string, args: string[], input = ''): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = execFile(command, args, (error, stdout, stderr) =>
      error === null ? resolve(stdout) : reject(new Error(`${command}: ${stderr.trim() || error.message}`)),
    )
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
  })

// --- links

/** All redirects at once: nft takes a file whole or not at all. */
async function writeRules(active: Iterable<Redirect>): Promise<void> {
  const rules = [...active].map(
    ({ to, listen }) =>
      `ip daddr ${to.address} tcp dport ${to.port} meta skuid != ${proxy_user} redirect to :${listen}`,
  )
  const chain = `chain out { type nat hook output priority -100; policy accept; ${rules.join('; ')}; }`
  await run('nft', ['-f', '-'], `table ip ${table}\ndelete table ip ${table}\ntable ip ${table} { ${chain} }\n`)
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
  for (let tries = 100; ; tries--) {
    try {
      return await api('GET', '/version')
    } catch (error) {
      if (tries === 0) throw error
      await new Promise((resolve) => setTimeout(resolve, 50)) // timer: the proxy is asked again until it answers
    }
  }
}

async function add(link: string, to: Link, toxic: Toxic): Promise<void> {
  await startProxy()
  const known = redirects.get(link)
  const used = [...redirects.values()].map(({ listen }) => listen)
  const redirect = known ?? { to, listen: Math.max(first_port, ...used) + 1, toxics: new Map<string, Toxic>() }
  if (known === undefined) {
    const listen = `127.0.0.1:${redirect.listen}`
    await api('POST', '/proxies', { name: link, listen, upstream: `${to.address}:${to.port}` })
    redirects.set(link, redirect)
  }
  const path = `/proxies/${encodeURIComponent(link)}/toxics`
  await api('DELETE', `${path}/${encodeURIComponent(toxic.name)}`)
  await api('POST', path, { ...toxic, toxicity: 1 })
  redirect.toxics.set(toxic.name, toxic)
  if (known !== undefined) return
  await writeRules(redirects.values())
  await breakOpen(to)
}

async function remove(link: string, name: string): Promise<void> {
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

async function undoAll(): Promise<void> {
  redirects.clear()
  if (proxy === undefined) return
  await writeRules([]).catch(() => undefined)
  const ended = new Promise((resolve) => proxy?.once('exit', resolve))
  proxy.kill('SIGKILL')
  await ended
  proxy = undefined
  await new Promise((resolve) => setTimeout(resolve, 200)) // timer: the last packets of closed connections
  await run('nft', ['delete', 'table', 'ip', table])
}

function probe(to: Link, greets: boolean, question: string, limit_ms: number): Promise<object> {
  return new Promise((resolve) => {
    const socket = connect({ host: to.address, port: to.port, noDelay: true })
    let connected = false
    let asked_ms: number | null = null
    const finish = (round_trip_ms: number | null, error: string | null): void => {
      clearTimeout(limit)
      socket.destroy()
      resolve({ connected, round_trip_ms, error })
    }
    // timer: the limit of the probe
    const limit = setTimeout(() => finish(null, `no answer within ${limit_ms} ms`), limit_ms)
    const ask = (): void => {
      asked_ms = performance.now()
      socket.write(Buffer.from(question, 'hex'))
    }
    socket.once('connect', () => {
      connected = true
      if (!greets) ask()
    })
    socket.on('data', () => (asked_ms === null ? ask() : finish(performance.now() - asked_ms, null)))
    socket.once('error', (error) => finish(null, error.message))
    socket.once('close', () => finish(null, 'closed without an answer'))
  })
}

// --- processes

interface Found {
  pid: number
  name: string
}

/** Of the pod's other containers; process 1 holds the pod's namespaces and belongs to no container of ours. */
function others(): Found[] {
  const groups = (pid: string): string => readFileSync(`/proc/${pid}/cgroup`, 'utf8')
  const own = groups('self')
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid) || pid === '1') return []
    try {
      const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
      return groups(pid) === own || isGone(Number(pid)) ? [] : [{ pid: Number(pid), name }]
    } catch {
      return [] // it has ended in the meantime
    }
  })
}

function isGone(pid: number): boolean {
  try {
    return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return true
  }
}

async function kill(): Promise<Found[]> {
  const found = others()
  for (const { pid } of found) process.kill(pid, 'SIGKILL')
  for (let tries = 500; tries > 0 && !found.every(({ pid }) => isGone(pid)); tries--)
    await new Promise((resolve) => setTimeout(resolve, 5)) // timer: looks again until they are gone
  const left = found.filter(({ pid }) => !isGone(pid))
  if (left.length > 0) throw new Error(`still there: ${left.map(({ pid, name }) => `${name} ${pid}`).join(', ')}`)
  return found
}

// --- questions

async function answer(question: Question): Promise<object> {
  if (question.verb === 'kill') return { killed: await kill() }
  if (question.verb === 'probe') return probe(question.to, question.greets, question.question, question.limit_ms)
  if (question.verb === 'add') await add(question.link, question.to, question.toxic)
  if (question.verb === 'remove') await remove(question.link, question.name)
  return { active: [...redirects].flatMap(([link, { toxics }]) => [...toxics.keys()].map((name) => `${link} ${name}`)) }
}

let silence: NodeJS.Timeout | undefined
function heard(): void {
  clearTimeout(silence)
  // timer: the dead man's switch
  silence = setTimeout(() => void end(), silence_max_ms)
}

async function end(): Promise<void> {
  await changes
  await undoAll().catch(() => undefined)
  process.exit(0)
}

/** What changes rules is done one after the other. */
let changes: Promise<unknown> = Promise.resolve()
function take(question: Question): void {
  const tell = (value: object): boolean => process.stdout.write(`${JSON.stringify({ id: question.id, ...value })}\n`)
  const alone = question.verb === 'add' || question.verb === 'remove'
  const work = alone ? changes.then(() => answer(question)) : answer(question)
  if (alone) changes = work.catch(() => undefined)
  work.then(tell, (error: unknown) => tell({ failed: error instanceof Error ? error.message : String(error) }))
}

process.stdout.on('error', () => undefined)
heard()
process.stdout.write('{"id":0}\n')
for await (const line of createInterface({ input: process.stdin })) {
  heard()
  take(JSON.parse(line) as Question)
}
await end()
