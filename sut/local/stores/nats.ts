import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Agent, request } from 'undici'
import { type Zone, zones } from '#sut/contracts/descriptor.ts'
import { natsUsers } from '#sut/deployment/nats-users.ts'
import { natsConfiguration, natsEnvironment } from '#sut/deployment/store-settings.ts'
import { waitFor } from '#lib/wait.ts'
import { type SystemContext, host } from '../context.ts'
import { type KeptProcess, keepRunning } from '../kept-process.ts'
import { type StartGuard, guarded } from '../start-guard.ts'

// Three NATS servers, one a zone, one cluster; JetStream keeps streams with three replicas.
//
//   https for none of it: everything is on loopback.  client port · route port · monitor port (HTTP)

export interface NatsStore {
  readonly nodes: { region: Zone; port: number; kept: KeptProcess }[]
  /** Leader of JetStream's meta group, and how many nodes answer that they are healthy. */
  status(): Promise<{ leader: string | null; nodes_ready: number }>
}

const probe_limit_ms = 1_000
const name = (zone: Zone): string => `nats-${zone}`

/** Ready when all three nodes know the leader of JetStream. */
export async function startNats(context: SystemContext, start: StartGuard): Promise<NatsStore> {
  const { ports, request: asked, settings } = context
  const agent = new Agent({
    connectTimeout: probe_limit_ms,
    headersTimeout: probe_limit_ms,
    bodyTimeout: probe_limit_ms,
  })
  context.ending.addEventListener('abort', () => void agent.destroy(), { once: true })
  const nodes = zones.map((region) => {
    const node = name(region)
    const kept = keepRunning(context, {
      name: node,
      region,
      launch: () =>
        context.processes.spawn({
          name: node,
          command: asked.programs.nats.path,
          args: ['--config', join(context.folder, 'config', `${node}.conf`)],
          environment: { ...asked.programs.nats.environment, ...natsEnvironment },
        }),
    })
    return { region, port: ports.port(node), monitor: ports.port(`${node} monitor`), kept }
  })
  await Promise.all(
    nodes.map(({ region }) =>
      writeFile(join(context.folder, 'config', `${name(region)}.conf`), configurationOf(region, context), {
        mode: 0o600,
      }),
    ),
  )
  await Promise.all(nodes.map(({ kept }) => kept.start()))

  const get = async (port: number, path: string): Promise<Record<string, unknown> | null> => {
    try {
      const answer = await request(`http://${host}:${port}${path}`, { dispatcher: agent })
      const body = (await answer.body.json()) as Record<string, unknown>
      return answer.statusCode === 200 ? body : null
    } catch {
      return null // not there, or not healthy: that is what is asked
    }
  }
  const ready = async (): Promise<boolean[]> =>
    Promise.all(nodes.map(async ({ monitor }) => (await get(monitor, '/healthz')) !== null))
  await guarded(
    start,
    'nats',
    nodes.map(({ region }) => name(region)),
    () =>
      waitFor(async () => (await ready()).every(Boolean), {
        what: 'NATS to elect a leader',
        limit_ms: settings.start_limit_ms,
        signal: start.signal,
      }),
  )
  return {
    nodes,
    async status() {
      const [healthy, answers] = await Promise.all([
        ready(),
        Promise.all(nodes.map(({ monitor }) => get(monitor, '/jsz'))),
      ])
      const leaders = answers.map((answer) => (answer?.['meta_cluster'] as { leader?: string } | undefined)?.leader)
      const leader = leaders.find((each) => each !== undefined && each !== '')
      return { leader: leader?.replace('nats-', '') ?? null, nodes_ready: healthy.filter(Boolean).length }
    },
  }
}

function configurationOf(zone: Zone, { folder, ports, secrets, settings }: SystemContext): string {
  const at = (port_name: string): string => `${host}:${ports.port(port_name)}`
  return natsConfiguration({
    name: name(zone),
    listen: at(name(zone)),
    monitor: at(`${name(zone)} monitor`),
    route: at(`${name(zone)} route`),
    others: zones.filter((each) => each !== zone).map((each) => at(`${name(each)} route`)),
    store_dir: join(folder, 'data', name(zone)),
    sync_interval: settings.nats_sync_interval,
    users: natsUsers(secrets),
    cluster_password: secrets.nats_cluster,
  })
}
