import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { freePort } from '#lib/free-port.ts'
import { newId } from '#lib/random.ts'
import { runProgram } from '#lib/run-program.ts'
import { waitFor } from '#lib/wait.ts'
import { type NatsUser, natsAuthorization } from '#sut/deployment/nats-users.ts'
import { redisUsers, sentinelLogin, sentinelUsers } from '#sut/deployment/redis-users.ts'
import type { Secrets } from '#sut/deployment/secrets.ts'
import { type RolePasswords, ownerOf, roleStatements } from '#sut/deployment/store-settings.ts'
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
interface Login {
  user: string
  password: string
}
export type ServedDatabase = Login & { name: string; owner: Login }

export interface PostgresStore extends Store {
  /** A role and an empty database that it owns. */
  createDatabase(name?: string): Promise<{ name: string; user: string; password: string }>
  /** A database as a service has it in a whole system: who serves does not own it. */
  createServed(name?: string): Promise<ServedDatabase>
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
    async createServed(name = `test_${newId().slice(0, 8)}`) {
      const [password, owner_password] = [newId(), newId()]
      const passwords: RolePasswords = { passwords: { [name]: password }, owner_passwords: { [name]: owner_password } }
      for (const text of roleStatements(name, passwords)) await administer(text)
      return { name, user: name, password, owner: { user: ownerOf(name), password: owner_password } }
    },
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

/** One server with JetStream: streams get one replica. Everybody may do everything, or these users what is theirs. */
export async function startNats(users?: readonly NatsUser[]): Promise<Store> {
  const port = await freePort()
  const configuration = users === undefined ? '' : natsAuthorization(users)
  const args = ['-a', host, '-p', String(port), '-js']
  if (image !== undefined) {
    const script = `printf '%s' "$1" > /tmp/nats.conf && exec nats-server ${args.join(' ')} -sd /tmp/nats -c /tmp/nats.conf`
    return { host, ...(await inContainer(image, ['sh', '-c', script, 'nats', configuration], port)) }
  }
  const program = await resolveProgram('nats-server', quiet)
  const folder = await mkdtemp(join(tmpdir(), 'slot-chaos-test-nats-'))
  const file = join(folder, 'nats.conf')
  await writeFile(file, configuration)
  const server = await startServer(program.path, [...args, '-sd', folder, '-c', file], port, environmentOf(program))
  return { host, ...disposable(server, folder) }
}

export interface RedisStore extends Store {
  /** A Sentinel that knows the server as the group `slot`. */
  readonly sentinel: ServerProcess
}

/** Everybody may do everything (and log in as `default`, with any password), or the users of these secrets what is theirs. */
export async function startRedis(secrets?: Secrets): Promise<RedisStore> {
  const port = await freePort()
  const sentinel_port = await freePort()
  const lines = [`port ${port}`, `bind ${host}`, 'save ""']
  const sentinel_lines = [`port ${sentinel_port}`, `bind ${host}`, `sentinel monitor slot ${host} ${port} 1`]
  if (secrets !== undefined) {
    lines.push(...redisUsers(secrets))
    sentinel_lines.push(...sentinelUsers(secrets), ...sentinelLogin(secrets))
  }
  const start = image === undefined ? redisProcesses : redisContainers(image)
  const { server, sentinel } = await start({ port, lines }, { port: sentinel_port, lines: sentinel_lines })
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

interface RedisNode {
  port: number
  /** Of its configuration. */
  lines: readonly string[]
}
type StartRedis = (server: RedisNode, sentinel: RedisNode) => Promise<{ server: Server; sentinel: Server }>

const redisProcesses: StartRedis = async (server, sentinel) => {
  const program = await resolveProgram('redis', quiet)
  const folder = await mkdtemp(join(tmpdir(), 'slot-chaos-test-redis-'))
  const start = async (name: string, { port, lines }: RedisNode, ...args: string[]): Promise<Server> => {
    const file = join(folder, `${name}.conf`)
    await writeFile(file, [...lines, `dir ${folder}`, ''].join('\n'))
    return disposable(await startServer(program.path, [file, ...args], port, environmentOf(program)), folder)
  }
  return { server: await start('redis', server), sentinel: await start('sentinel', sentinel, '--sentinel') }
}

const redisContainers =
  (from: string): StartRedis =>
  async (server, sentinel) => {
    const start = (name: string, { port, lines }: RedisNode, ...args: string[]): Promise<Server> => {
      const script = `cd /tmp && printf '%s\\n' "$1" > ${name}.conf && exec redis-server ${name}.conf ${args.join(' ')}`
      return inContainer(from, ['sh', '-c', script, name, lines.join('\n')], port)
    }
    return { server: await start('redis', server), sentinel: await start('sentinel', sentinel, '--sentinel') }
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
