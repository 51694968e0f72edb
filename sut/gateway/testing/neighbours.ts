import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, generateKeyPair } from 'jose'
import { systemClock } from '#lib/clock.ts'
import type { Region, ServiceName } from '#sut/contracts/descriptor.ts'
import { createAuthority } from '#sut/deployment/pki.ts'
import { startService, type RunOptions, type StartedService, type Wire } from '#sut/platform/service.ts'
import type { RedisStore } from '#sut/platform/testing/stores.ts'

export interface Neighbourhood extends AsyncDisposable {
  /** PEM of the authority behind every certificate. */
  readonly authority: string
  readonly token_key: string
  /** In region a, where none is said. */
  start(service: ServiceName, wire: Wire, options?: RunOptions & { region?: Region }): Promise<StartedService>
}

/** Services in this process that find each other over real mutual TLS, and a Redis. Start the callers last. */
export async function neighbourhood(redis: RedisStore): Promise<Neighbourhood> {
  const folder = await mkdtemp(join(tmpdir(), 'slot-chaos-test-gateway-'))
  const authority = await createAuthority(folder, 'test', systemClock)
  const { privateKey } = await generateKeyPair('Ed25519', { extractable: true })
  const token_key = JSON.stringify({ ...(await exportJWK(privateKey)), kid: 'key-1' })
  const services: Record<string, object[]> = {}
  const started: StartedService[] = []
  const real = `${redis.host}:${redis.port}`
  const discovery = {
    services,
    postgres: [],
    redis: {
      sentinels: [{ host: redis.host, port: redis.sentinel.port }],
      group: 'slot',
      addresses: { [real]: { host: redis.host, port: redis.port } },
    },
    nats: [],
  }

  return {
    authority: await readFile(authority.file, 'utf8'),
    token_key,
    start: async (service, wire, { region = 'a', ...options } = {}) => {
      const instance = `${service}-${region}-1`
      const file = join(folder, `${instance}.json`)
      await writeFile(file, JSON.stringify(discovery))
      const config = {
        service,
        region,
        instance,
        system: 'test',
        design: 'standard',
        listen: { host: '127.0.0.1', port: 0 },
        operations: { host: '127.0.0.1', port: 0, token: 'token' },
        certificates: await authority.issue(service, region),
        discovery: file,
        redis: { user: 'default', password: 'any' },
        secrets: { signing_master: 'master', token_key },
        drain_ms: 0,
        log_level: 'silent',
      } as const
      const one = await startService(config, wire, options)
      services[service] = [{ instance, region, host: '127.0.0.1', port: one.port }]
      started.push(one)
      return one
    },
    [Symbol.asyncDispose]: async () => {
      for (const one of started.toReversed()) await one.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
