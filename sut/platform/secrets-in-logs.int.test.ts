import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { natsUsers } from '#sut/deployment/nats-users.ts'
import { createAuthority } from '#sut/deployment/pki.ts'
import { createSecrets, newPassword } from '#sut/deployment/secrets.ts'
import type { ServiceConfig } from './config.ts'
import { startNats, startPostgres, startRedis } from './testing/stores.ts'

// What a process writes holds no password, token, key or seed, whatever goes wrong in it. The stores are real and refuse the login.
const main = fileURLToPath(new URL('./testing/angry-main.ts', import.meta.url))
const clients = [
  'redis',
  'redis command',
  'postgres',
  'redis login',
  'postgres login',
  'statement',
  'nats',
  'call',
  'http',
  'json',
  'all',
  'text',
]
const node = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url))

test('no secret is in what a service writes: every client fails, and something that nobody caught ends it', async () => {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'slot-chaos-test-logs-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const authority = await createAuthority(folder, 'test', systemClock)
  // Of another system: its users have the names of ours, and other passwords.
  const others = createSecrets(['wallet'])
  const postgres = stack.use(await startPostgres())
  const redis = stack.use(await startRedis(others))
  const nats = stack.use(await startNats(natsUsers(others)))
  const discovery = join(folder, 'discovery.json')
  const sentinels = [{ host: redis.host, port: redis.sentinel.port }]
  await writeFile(
    discovery,
    JSON.stringify({
      services: {},
      postgres: [{ region: 'a', host: postgres.host, port: postgres.port }],
      redis: { sentinels, group: 'slot', addresses: {} },
      nats: [{ region: 'a', host: nats.host, port: nats.port }],
    }),
  )
  const database = await postgres.createDatabase('wallet')
  const secrets = {
    of_role: newPassword(),
    of_json: `${newPassword()} is no JSON`,
    of_text: `with "quotes" and \\ ${newPassword()}`,
    of_jwt: `-eyJhbGciOiJFZERTQSJ9.${btoa(newPassword()).replaceAll('=', '')}.${btoa(newPassword()).replaceAll('=', '')}`,
    of_refresh: '-Zx9_kQv3mT0bN7cR2wLpYs5-JdHfGaUeKiOqXzVnM4a',
    of_seed: `-${newPassword()}${newPassword()}`.slice(0, 65),
    of_hash: `-$argon2id$v=19$m=7168,t=5,p=1$${btoa('salt of a hash')}$${btoa(newPassword())}`,
  }
  const config: ServiceConfig = {
    service: 'wallet',
    region: 'a',
    instance: 'wallet-a-1',
    system: 'test',
    design: 'standard',
    listen: { host: '127.0.0.1', port: 0 },
    operations: { host: '127.0.0.1', port: 0, token: newPassword() },
    certificates: await authority.issue('wallet', 'a'),
    discovery,
    database: { ...database, password: `${newPassword()}-wrong` },
    redis: { user: 'wallet', password: newPassword() },
    nats: { user: 'wallet', password: newPassword() },
    secrets,
    drain_ms: 0,
    log_level: 'trace',
  }
  const file = join(folder, 'config.json')
  await writeFile(file, JSON.stringify(config))
  const child = spawn(node, [main], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, SLOT_CONFIG: file } })
  stack.defer(() => void child.kill('SIGKILL'))
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const [code] = (await once(child, 'close', { signal: AbortSignal.timeout(40_000) })) as [number | null]
  if (process.env['SHOW_LOG'] !== undefined) console.log(text)

  expect(code).toBe(1)
  const failed = text.split('\n').filter((line) => line.includes('"msg":"failed"'))
  const reached = failed.map((line) => (JSON.parse(line) as { of: string }).of)
  expect(reached).toEqual(clients)
  expect(text).toContain('nobody caught')
  expect(text).not.toContain('short')
  for (const [name, secret] of Object.entries(secretsOf(config)))
    for (const form of new Set([secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]))
      expect(text.includes(form), `${name} in what it wrote`).toBe(false)
})

const secretsOf = ({ operations, database, redis, nats, secrets }: ServiceConfig): Record<string, string> => ({
  operations_token: operations.token,
  database: database!.password,
  redis: redis!.password,
  nats: nats!.password,
  of_role: secrets['of_role']!,
  of_json: secrets['of_json']!.slice(0, 10),
  of_text: secrets['of_text']!,
  of_text_end: secrets['of_text']!.slice(-36),
  jwt: secrets['of_jwt']!.slice(1),
  refresh_token: secrets['of_refresh']!.slice(1),
  seed: secrets['of_seed']!.slice(1),
  hash: secrets['of_hash']!.slice(1),
})
