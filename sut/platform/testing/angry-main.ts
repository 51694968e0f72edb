import { readFileSync } from 'node:fs'
import { Redis } from 'ioredis'
import { Client } from 'pg'
import { pause } from '#lib/wait.ts'
import type { Discovery } from '../discovery.ts'
import { runService } from '../service.ts'

// A whole service process for a test: it provokes an error of every client, logs each as a service does, and ends by one that
// nobody caught.
await runService('wallet', async (platform) => {
  const { log, config } = platform
  const tried = async (of: string, work: () => unknown): Promise<void> => {
    try {
      const late = pause(2_000).then(() => Promise.reject(new Error('no answer')))
      await Promise.race([work(), late])
      log.info({ of }, 'worked')
    } catch (error) {
      log.warn({ of, err: error, error, nested: { again: [error] } }, 'failed')
    }
  }
  await tried('redis', () => platform.redis().set('key', 'value'))
  await tried('redis command', () => platform.redis().call('auth', config.redis!.user, config.redis!.password))
  await tried('postgres', () => platform.database().query('select $1::integer', [config.database!.password]))
  await tried('redis login', () => {
    const [sentinel] = (JSON.parse(readFileSync(config.discovery, 'utf8')) as Discovery).redis.sentinels
    const { user: username, password } = config.redis!
    const client = new Redis({ ...sentinel!, username, password, lazyConnect: true, enableReadyCheck: false })
    return new Promise((_, reject) => {
      client.on('error', reject)
      client.connect().catch(reject)
    }).finally(() => client.disconnect())
  })
  const login = { user: 'nobody', password: config.database!.password, database: 'postgres' }
  await tried('postgres login', () =>
    new Client({
      ...(JSON.parse(readFileSync(config.discovery, 'utf8')) as Discovery).postgres[0]!,
      ...login,
    }).connect(),
  )
  await tried('statement', () =>
    platform.database().query(`create role x login password '${config.secrets['of_role']}'`),
  )
  await tried('nats', () => platform.bus().streams.ensure({ name: 'EVENTS', subjects: ['events.>'] } as never))
  const deadline_ms = platform.clock.monotonic_ms() + 500
  await tried('call', () => platform.call('identity.login', { body: config.secrets as never, deadline_ms }))
  await tried('http', () => fetch(`http://user:${config.operations.token}@127.0.0.1:9/${config.operations.token}`))
  await tried('json', () => JSON.parse(config.secrets['of_json']!))
  await tried('all', () => {
    const error = Object.assign(new Error(`refused for ${config.secrets['of_text']}`), {
      config,
      headers: config.secrets,
    })
    throw new AggregateError([error], 'all failed', { cause: error })
  })
  await tried('text', () => Promise.reject(`not an error: ${config.secrets['of_text']}` as never))
  // What is made while a system runs is in no configuration.
  const { of_jwt, of_refresh, of_seed, of_hash } = config.secrets
  const made = {
    jwt: of_jwt!.slice(1),
    refresh_token: of_refresh!.slice(1),
    seed: of_seed!.slice(1),
    hash: of_hash!.slice(1),
  }
  log.info({ made }, `answered ${JSON.stringify(Object.values(made))}`)
  log.info(
    { server_seed: 'short', password: 'short', body: { signing_key: 'short', headers: { authorization: 'short' } } },
    'named',
  )
  log.child({ bound: config }).error(config, 'a configuration')
  log.warn(new Error(`as it is: ${config.secrets['of_text']}`))
  await pause(1_000)
  // Nobody waits for it.
  void Promise.reject(
    Object.assign(new Error(`nobody caught ${config.secrets['of_text']}`), { command: { args: config } }),
  )
  await pause(10_000)
})
