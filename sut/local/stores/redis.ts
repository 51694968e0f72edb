import { access, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Region, type Zone, regions, zones } from '#sut/contracts/descriptor.ts'
import { waitFor } from '#lib/wait.ts'
import { redisUsers, replicaLogin, sentinelLogin, sentinelUsers } from '#sut/deployment/redis-users.ts'
import { redisSettings, sentinelGroup } from '#sut/deployment/store-settings.ts'
import { observer } from '#sut/deployment/store-users.ts'
import { type SystemContext, host } from '../context.ts'
import { type KeptProcess, keepRunning } from '../kept-process.ts'
import { type StartGuard, guarded } from '../start-guard.ts'
import { askRedis } from './resp.ts'

// One Redis a region, the first one leads; a Sentinel in every zone decides, by majority, who leads next.
export interface RedisStore {
  readonly nodes: { region: Region; port: number; kept: KeptProcess }[]
  readonly sentinels: { region: Zone; port: number; kept: KeptProcess }[]
  /** Region of the Redis that calls itself master; null when none does. */
  leader(): Promise<Region | null>
}

/** Ready when the replica has a copy and every Sentinel knows both. */
export async function startRedis(context: SystemContext, start: StartGuard): Promise<RedisStore> {
  const { settings } = context
  const ask = (region: Region, ...command: string[]): Promise<string> => asked(context, `redis-${region}`, command)
  const nodes = regions.map((region) => redisNode(context, region))
  const sentinels = zones.map((region) => sentinelNode(context, region))
  const waiting = { limit_ms: settings.start_limit_ms, signal: start.signal }

  await guarded(
    start,
    'redis',
    nodes.map(({ kept }) => kept.name),
    async () => {
      await Promise.all(nodes.map(({ kept }) => kept.start()))
      // A Sentinel asks a master for its replicas only every 10 s: it must find them when it asks first.
      const copied = async (): Promise<boolean> => /master_link_status:up/.test(await ask('b', 'INFO', 'replication'))
      await waitFor(copied, { what: 'the Redis replica to have a copy', ...waiting })
    },
  )
  await guarded(
    start,
    'sentinel',
    sentinels.map(({ kept }) => kept.name),
    async () => {
      await Promise.all(sentinels.map(({ kept }) => kept.start()))
      const knowing = async ({ kept }: { kept: KeptProcess }): Promise<boolean> =>
        /slaves=1/.test(await asked(context, kept.name, ['INFO', 'sentinel']))
      const all = async (): Promise<boolean> => (await Promise.all(sentinels.map(knowing))).every(Boolean)
      await waitFor(all, { what: 'every Sentinel to know the replica', ...waiting })
    },
  )
  return {
    nodes,
    sentinels,
    async leader() {
      const roles = await Promise.all(regions.map((region) => ask(region, 'ROLE')))
      return regions.find((_, index) => /\r\nmaster\r\n/.test(roles[index]!)) ?? null
    },
  }
}

function redisNode(context: SystemContext, region: Region): RedisStore['nodes'][number] {
  const name = `redis-${region}`
  const port = context.ports.port(name)
  const launch = async () => {
    const leader_port = await leaderPort(context)
    const own = join(context.folder, 'data', name)
    await mkdir(own, { recursive: true })
    const lines = [
      `port ${port}`,
      `bind ${host}`,
      `dir "${own}"`,
      ...redisUsers(context.secrets),
      ...replicaLogin(context.secrets),
      `replica-announce-ip ${host}`,
      ...redisSettings,
      ...(leader_port === port ? [] : [`replicaof ${host} ${leader_port}`]),
    ]
    return spawnRedis(context, name, lines, [])
  }
  return { region, port, kept: keepRunning(context, { name, region, launch }) }
}

function sentinelNode(context: SystemContext, region: Zone): RedisStore['sentinels'][number] {
  const { ports, secrets, settings, folder } = context
  const name = `sentinel-${region}`
  const port = ports.port(name)
  const launch = async () => {
    const own = join(folder, 'data', name)
    await mkdir(own, { recursive: true })
    const lines = [
      `port ${port}`,
      `bind ${host}`,
      `dir "${own}"`,
      'protected-mode no',
      `sentinel monitor ${sentinelGroup} ${host} ${ports.port('redis-a')} 2`,
      ...sentinelUsers(secrets),
      ...sentinelLogin(secrets),
      `sentinel down-after-milliseconds ${sentinelGroup} ${settings.sentinel_down_after_ms}`,
      `sentinel failover-timeout ${sentinelGroup} ${settings.sentinel_failover_limit_ms}`,
    ]
    return spawnRedis(context, name, lines, ['--sentinel'])
  }
  return { region, port, kept: keepRunning(context, { name, region, launch }) }
}

/** A Sentinel keeps its state in its configuration file: that is written once. A Redis is told anew whom to follow. */
async function spawnRedis(context: SystemContext, name: string, lines: readonly string[], args: readonly string[]) {
  const { redis } = context.request.programs
  const file = join(context.folder, 'config', `${name}.conf`)
  const keep =
    args.length > 0 &&
    (await access(file).then(
      () => true,
      () => false,
    ))
  if (!keep) await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o600 })
  return context.processes.spawn({ name, command: redis.path, args: [file, ...args], environment: redis.environment })
}

/**
 * The Redis that most Sentinels let lead: a node that comes back must not call itself master, and a Sentinel that comes back
 * with it knows only old news. Nobody there yet: the first one.
 */
async function leaderPort(context: SystemContext): Promise<number> {
  const question = ['SENTINEL', 'get-master-addr-by-name', sentinelGroup]
  const answers = await Promise.all(zones.map((zone) => asked(context, `sentinel-${zone}`, question)))
  const told = answers.flatMap((answer) => /\$\d+\r\n(\d+)\r\n$/.exec(answer)?.[1] ?? [])
  const votes = told.map((port) => told.filter((each) => each === port).length)
  return Number(told[votes.indexOf(Math.max(...votes))] ?? context.ports.port('redis-a'))
}

/** What a Redis or a Sentinel answers to who only looks; empty when it does not. */
const asked = ({ ports, secrets }: SystemContext, node: string, command: readonly string[]): Promise<string> =>
  askRedis(ports.port(node), { user: observer, password: secrets.observer }, command).catch(() => '')
