import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { freePort } from '#lib/free-port.ts'
import { newId } from '#lib/random.ts'
import { runProgram } from '#lib/run-program.ts'
import { waitFor } from '#lib/wait.ts'
import { locatePostgres } from '#toolchain/postgres.ts'
import { resolveProgram } from '#toolchain/resolve.ts'
import type { startContainer } from './containers.ts'
import { startServer, type ServerProcess } from './processes.ts'

// Real stores for integration tests, each on a free port of 127.0.0.1: a process of its own, or a container of the image that
// SLOT_CHAOS_STORES_IMAGE names.
//
//   await using postgres = await startPostgres()
//   const database = await postgres.createDatabase('wallet')

type Server = ServerProcess & AsyncDisposable
export interface Store extends ServerProcess, AsyncDisposable {
  readonly host: string
}
export interface PostgresStore extends Store {
  /** A role and an empty database that it owns. */
  createDatabase(name?: string): Promise<{ name: string; user: string; password: string }>
  /** A query of the superuser. */
  administer(text: string): Promise<Record<string, unknown>[]>
}

const host = '127.0.0.1'
const image = process.env['SLOT_CHAOS_STORES_IMAGE']
/** Half a second of loading, only where it is needed. */
const inContainer: typeof startContainer = async (...request) =>
  (await import('./containers.ts')).startContainer(...request)
const database_limit_ms = 20_000
const quiet = { progress: () => {} }

export async function startPostgres(settings: Record<string, string | number> = {}): Promise<PostgresStore> {
  const port = await freePort()
  const all = {
    port,
    listen_addresses: host,
    unix_socket_directories: '',
    fsync: 'off',
    shared_buffers: '16MB',
    max_connections: 100,
    ...settings,
  }
  const args = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const server = image === undefined ? await postgresProcess(port, args) : await postgresContainer(image, port, args)
  const administer = async (text: string): Promise<Record<string, unknown>[]> => {
    const client = new Client({ host, port, user: 'postgres', database: 'postgres' })
    client.on('error', () => {})
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(text)).rows
    } finally {
      await client.end()
    }
  }
  await waitFor(() => administer('select 1').catch(() => undefined), {
    what: 'PostgreSQL to answer',
    limit_ms: database_limit_ms,
  })
  return {
    host,
    ...server,
    administer,
    async createDatabase(name = `test_${newId().slice(0, 8)}`) {
      const password = newId()
      await administer(`create role ${name} login password '${password}'`)
      await administer(`create database ${name} owner ${name}`)
      return { name, user: name, password }
    },
    // SIGINT: end all sessions at once, shut down cleanly.
    stop: (signal = 'SIGINT') => server.stop(signal),
  }
}

const initialise = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync']

async function postgresProcess(port: number, args: readonly string[]): Promise<Server> {
  const programs = await locatePostgres()
  const folder = await mkdtemp(join(tmpdir(), 'slot-chaos-test-postgres-'))
  const owner = programs.run_as
  if (owner !== undefined) await chown(folder, owner.uid, owner.gid)
  const data = join(folder, 'data')
  await runProgram(programs.initdb, ['-D', data, ...initialise], { limit_ms: 60_000, cwd: folder, ...owner })
  const server = await startServer(programs.postgres, ['-D', data, ...args], port, { cwd: folder, ...owner })
  return disposable(server, folder, 'SIGINT')
}

/** Debian keeps PostgreSQL's programs in a folder of its version. A second start finds the data of the first one. */
function postgresContainer(from: string, port: number, args: readonly string[]): Promise<Server> {
  const script = `cd /tmp && PATH=$PATH:$(echo /usr/lib/postgresql/*/bin)
    [ -s data/PG_VERSION ] || initdb -D data ${initialise.join(' ')} > initdb.log && exec postgres -D data "$@"`
  return inContainer(from, ['sh', '-c', script, 'postgres', ...args], port)
}

/** One server with JetStream: streams get one replica. */
export async function startNats(): Promise<Store> {
  const port = await freePort()
  const args = ['-a', host, '-p', String(port), '-js', '-sd']
  if (image !== undefined) return { host, ...(await inContainer(image, ['nats-server', ...args, '/tmp/nats'], port)) }
  const program = await resolveProgram('nats-server', quiet)
  const folder = await mkdtemp(join(tmpdir(), 'slot-chaos-test-nats-'))
  const server = await startServer(program.path, [...args, folder], port, environmentOf(program))
  return { host, ...disposable(server, folder) }
}

export interface RedisStore extends Store {
  /** A Sentinel that knows the server as the group `slot`. */
  readonly sentinel: ServerProcess
}

export async function startRedis(): Promise<RedisStore> {
  const port = await freePort()
  const sentinel_port = await freePort()
  const lines = [`port ${sentinel_port}`, `bind ${host}`, `sentinel monitor slot ${host} ${port} 1`]
  const start = image === undefined ? redisProcesses : redisContainers(image)
  const { server, sentinel } = await start(port, sentinel_port, lines.join('\n'))
  return {
    host,
    ...server,
    sentinel,
    async [Symbol.asyncDispose]() {
      await sentinel[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

type StartRedis = (
  port: number,
  sentinel_port: number,
  configuration: string,
) => Promise<{ server: Server; sentinel: Server }>

const redisProcesses: StartRedis = async (port, sentinel_port, configuration) => {
  const program = await resolveProgram('redis', quiet)
  const folder = await mkdtemp(join(tmpdir(), 'slot-chaos-test-redis-'))
  const options = environmentOf(program)
  const args = ['--port', String(port), '--bind', host, '--save', '', '--dir', folder]
  const server = await startServer(program.path, args, port, options)
  const file = join(folder, 'sentinel.conf')
  await writeFile(file, `${configuration}\ndir ${folder}\n`)
  const sentinel = await startServer(program.path, [file, '--sentinel'], sentinel_port, options)
  return { server: disposable(server, folder), sentinel: disposable(sentinel, folder) }
}

const redisContainers =
  (from: string): StartRedis =>
  async (port, sentinel_port, configuration) => {
    const args = ['redis-server', '--port', String(port), '--bind', host, '--save', '', '--dir', '/tmp']
    const script = `cd /tmp && printf '%s\\n' "$1" > sentinel.conf && exec redis-server sentinel.conf --sentinel`
    return {
      server: await inContainer(from, args, port),
      sentinel: await inContainer(from, ['sh', '-c', script, 'sentinel', configuration], sentinel_port),
    }
  }

function disposable(server: ServerProcess, folder: string, end: NodeJS.Signals = 'SIGKILL'): Server {
  return {
    ...server,
    async [Symbol.asyncDispose]() {
      await server.stop(end)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const environmentOf = ({ environment }: { environment?: Record<string, string> }): { env: NodeJS.ProcessEnv } => ({
  env: { ...process.env, ...environment },
})
