import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '#lib/random.ts'
import { runProgram } from '#lib/run-program.ts'
import { textLines } from '#lib/text-lines.ts'
import { waitFor } from '#lib/wait.ts'
import { prepareAll } from '#toolchain/resolve.ts'

// The agent as in a pod: in a network namespace of its own, beside a server that it breaks the way to.

const present = (program: string): boolean => spawnSync('which', [program]).status === 0
const possible = process.getuid?.() === 0 && ['nft', 'ss', 'ip', 'nsenter'].every(present)
const namespace = `slot-agent-${newId().slice(0, 8)}`
const root = join(import.meta.dirname, '..', '..')
const to = { address: '10.9.9.1', port: 6379 }
const inside = (program: string, ...args: string[]): [string, string[]] => [
  'nsenter',
  [`--net=/run/netns/${namespace}`, program, ...args],
]
const listen = `listen(${to.port}, '${to.address}')`
const echo = `require('net').createServer((socket) => socket.on('error', () => {}).pipe(socket)).${listen}`
let server: ChildProcess | undefined
let search_path = ''

beforeAll(async () => {
  if (!possible) return
  const { toxiproxy } = await prepareAll(['toxiproxy'], { progress: () => undefined })
  search_path = `${dirname(toxiproxy.path)}:${process.env['PATH']}`
  await runProgram('ip', ['netns', 'add', namespace], { limit_ms: 5_000 })
  await runProgram('ip', ['-n', namespace, 'link', 'set', 'lo', 'up'], { limit_ms: 5_000 })
  await runProgram('ip', ['-n', namespace, 'address', 'add', `${to.address}/32`, 'dev', 'lo'], { limit_ms: 5_000 })
  server = spawn(...inside(process.execPath, '-e', echo), { stdio: 'ignore' })
})
afterAll(async () => {
  server?.kill('SIGKILL')
  if (possible) await runProgram('ip', ['netns', 'del', namespace], { limit_ms: 5_000 })
})

function startAgent() {
  const child = spawn(...inside(process.execPath, 'kind-cluster/agent/main.ts'), {
    cwd: root,
    env: { ...process.env, PATH: search_path },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const waiting = new Map<number, (answer: Record<string, unknown>) => void>()
  let next = 1
  void (async () => {
    for await (const line of textLines(child.stdout)) {
      const answer = JSON.parse(line) as { id: number }
      waiting.get(answer.id)?.(answer)
    }
  })()
  const ask = (question: object): Promise<Record<string, unknown>> =>
    new Promise((resolve) => {
      waiting.set(next, resolve)
      child.stdin.write(`${JSON.stringify({ ...question, id: next++ })}\n`)
    })
  const probe = () => ask({ verb: 'probe', to, greets: false, question: '50494e470d0a', limit_ms: 1_000 })
  const add = (type: string, attributes: object) =>
    ask({ verb: 'add', link: 'game-a>redis-a', to, toxic: { name: type, type, stream: 'downstream', attributes } })
  return { child, ask, probe, add }
}

async function tables(): Promise<string> {
  const [program, args] = inside('nft', 'list', 'tables')
  return (await runProgram(program, args, { limit_ms: 5_000 })).stdout.trim()
}
const gone = { what: 'the rules to be gone', limit_ms: 8_000, every_ms: 100 }

test.skipIf(!possible)('a link is slow, then silent, then as it was; an open connection does not escape', async () => {
  const { child, ask, probe, add } = startAgent()
  const answers = async () => (await probe())['round_trip_ms'] !== null
  await waitFor(answers, { what: 'the server to answer', limit_ms: 10_000 })
  const [program, args] = inside(process.execPath, '-e', holdOpen)
  const open = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] })
  const said: string[] = []
  open.stdout.on('data', (data: Buffer) => said.push(data.toString()))
  await waitFor(() => said.join('').includes('open'), { what: 'an open connection', limit_ms: 10_000 })

  expect(await add('latency', { latency: 300, jitter: 0 })).toMatchObject({ active: ['game-a>redis-a latency'] })
  expect((await probe())['round_trip_ms']).toBeGreaterThan(290)
  await waitFor(() => said.join('').includes('broken'), { what: 'it to be broken', limit_ms: 5_000 })
  await add('timeout', { timeout: 0 })
  expect(await probe()).toMatchObject({ connected: true, round_trip_ms: null })
  await ask({ verb: 'remove', link: 'game-a>redis-a', name: 'timeout' })
  await ask({ verb: 'remove', link: 'game-a>redis-a', name: 'latency' })
  expect((await probe())['round_trip_ms']).toBeLessThan(200)
  expect(await tables()).toBe('')
  child.stdin.end()
})

const holdOpen = `
  const socket = require('net').connect(${to.port}, '${to.address}', () => console.log('open'))
  socket.on('error', () => {}).on('close', () => console.log('broken'))
  setInterval(() => socket.write('x'), 100)`

test.skipIf(!possible)('it undoes everything when nobody speaks to it any more', async () => {
  const { child, add } = startAgent()
  await add('latency', { latency: 300, jitter: 0 })
  expect(await tables()).toContain('slot_chaos')
  child.stdin.end()
  await waitFor(async () => (await tables()) === '', gone)
})

test.skipIf(!possible)('its guard undoes everything when it is killed', async () => {
  const { child, add } = startAgent()
  await add('latency', { latency: 300, jitter: 0 })
  child.kill('SIGKILL')
  await waitFor(async () => (await tables()) === '', gone)
})

test.skipIf(!possible)('a link whose rule is refused is as it was', async () => {
  const { child, ask, probe } = startAgent()
  const refused = await ask({
    verb: 'add',
    link: 'game-a>nowhere',
    to: { address: 'no address', port: 1 },
    toxic: { name: 'latency', type: 'latency', stream: 'downstream', attributes: { latency: 300 } },
  })
  expect(refused['failed']).toBeDefined()
  expect((await probe())['round_trip_ms']).toBeLessThan(200)
  child.stdin.end()
  await waitFor(async () => (await tables()) === '', gone)
})
