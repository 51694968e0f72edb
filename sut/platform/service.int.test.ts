import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freePort } from '#lib/free-port.ts'
import { systemClock } from '#lib/clock.ts'
import { waitFor } from '#lib/wait.ts'
import { createAuthority } from '#sut/deployment/pki.ts'
import type { ServiceConfig } from './config.ts'
import { startNetwork, type Network } from './testing/network.ts'

// Whole processes, in plain node as in production.
const main = fileURLToPath(new URL('./testing/echo-main.ts', import.meta.url))
const node = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url))

let network: Network
let folder: string
let children: ChildProcess[]
beforeEach(async () => {
  network = await startNetwork()
  folder = await mkdtemp(join(tmpdir(), 'slot-chaos-test-service-'))
  children = []
})
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  await network[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

interface Run {
  child: ChildProcess
  output: () => string
  ended: Promise<number | null>
}
function run(config: string, stdio: 'ipc' | 'ignore' = 'ignore'): Run {
  const child = spawn(node, [main], {
    stdio: ['ignore', 'pipe', 'pipe', stdio],
    env: { ...process.env, SLOT_CONFIG: config },
  })
  children.push(child)
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (text += chunk.toString()))
  // Not the event `close` of the child: it does not come after this side has closed the channel.
  const closed = [child.stdout, child.stderr].map((stream) => once(stream!, 'close'))
  const ended = once(child, 'exit').then(async ([code]) => {
    await Promise.all(closed)
    return code as number | null
  })
  return { child, output: () => text, ended }
}

async function configure(): Promise<{ file: string; config: ServiceConfig }> {
  const authority = await createAuthority(folder, 'test', systemClock)
  const discovery = join(folder, 'discovery.json')
  const stores = { postgres: [], redis: { sentinels: [], group: 'slot', addresses: {} }, nats: [] }
  await writeFile(discovery, JSON.stringify({ services: {}, ...stores }))
  const config: ServiceConfig = {
    service: 'wallet',
    region: 'a',
    instance: 'wallet-a-1',
    system: 'test',
    design: 'standard',
    listen: { host: '127.0.0.1', port: await freePort() },
    operations: { host: '127.0.0.1', port: await freePort(), token: 'token' },
    certificates: await authority.issue('wallet', 'a'),
    discovery,
    secrets: {},
    drain_ms: 300,
    log_level: 'info',
  }
  const file = join(folder, 'config.json')
  await writeFile(file, JSON.stringify(config))
  return { file, config }
}

const readiness = async ({ operations: { port } }: ServiceConfig): Promise<number> =>
  fetch(`http://127.0.0.1:${port}/readyz`).then(
    ({ status }) => status,
    () => 0,
  )

test('SIGTERM: not ready at once, still serving while it drains, then gone with code 0', async () => {
  const { file, config } = await configure()
  const { child, output, ended } = run(file)
  await waitFor(async () => (await readiness(config)) === 200, { what: `ready: ${output()}`, limit_ms: 15_000 })
  const begun = performance.now()
  child.kill('SIGTERM')
  await waitFor(async () => (await readiness(config)) === 503, { what: 'not ready', limit_ms: 2000, every_ms: 10 })
  expect(performance.now() - begun).toBeLessThan(290)
  expect(await ended).toBe(0)
  expect(performance.now() - begun).toBeLessThan(3000)
  const lines = output().trim().split('\n')
  expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(['ready', 'stopping'])
  expect(JSON.parse(lines[0]!)).toMatchObject({ level: 'info', service: 'wallet', instance: 'wallet-a-1', region: 'a' })
})

test('SIGTERM while it still waits for its database: gone at once, with code 0', async () => {
  const { file, config } = await configure()
  const nowhere = { name: 'wallet', user: 'wallet', password: 'secret' }
  await writeFile(file, JSON.stringify({ ...config, database: nowhere }))
  const { child, output, ended } = run(file)
  await waitFor(() => output().includes('waits for the database'), { what: 'the wait', limit_ms: 15_000 })
  expect(await readiness(config)).toBe(503)
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
})

test('a process whose supervisor is gone ends by itself', async () => {
  const { file, config } = await configure()
  const { child, ended } = run(file, 'ipc')
  await waitFor(async () => (await readiness(config)) === 200, { what: 'ready', limit_ms: 15_000 })
  child.disconnect()
  expect(await ended).toBe(0)
})

test('a configuration that is wrong is refused with every violation, and without a stack trace', async () => {
  const { file, config } = await configure()
  await writeFile(file, JSON.stringify({ ...config, region: 'z', drain_ms: -1 }))
  const { output, ended } = run(file)
  expect(await ended).toBe(2)
  expect(output()).toMatch(/^error CONFIG_INVALID: .*\/region.*\/drain_ms/)
  expect(output()).not.toContain('    at ')
})
