import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { newId } from '#lib/random.ts'
import { runProgram } from '#lib/run-program.ts'
import { waitFor } from '#lib/wait.ts'
import { locatePostgres } from '#toolchain/postgres.ts'
import { resolveProgram } from '#toolchain/resolve.ts'
import { freePort, startServer, type ServerProcess } from './processes.ts'

// Real stores for integration tests, each a process of its own on a free port of 127.0.0.1:
//
//   await using postgres = await startPostgres()
//   const database = await postgres.createDatabase('wallet')

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
const database_limit_ms = 20_000
const quiet = { progress: () => {} }

export async function startPostgres(settings: Record<string, string | number> = {}): Promise<PostgresStore> {
  const programs = await locatePostgres()
  const folder = await mkdtemp(join(tmpdir(), 'slot-chaos-test-postgres-'))
  const owner = programs.run_as
  if (owner !== undefined) await chown(folder, owner.uid, owner.gid)
  const data = join(folder, 'data')
  const initdb = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync']
  await runProgram(programs.initdb, initdb, { limit_ms: 60_000, cwd: folder, ...owner })

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
  const args = ['-D', data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
  const server = await startServer(programs.postgres, args, port, { cwd: folder, ...owner })
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
    async [Symbol.asyncDispose]() {
      await server.stop('SIGINT')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** One server with JetStream: streams get one replica. */
export async function startNats(): Promise<Store> {
  const program = await resolveProgram('nats-server', quiet)
  const folder = await mkdtemp(join(tmpdir(), 'slot-chaos-test-nats-'))
  const port = await freePort()
  const args = ['-a', host, '-p', String(port), '-js', '-sd', folder]
  const server = await startServer(program.path, args, port, environmentOf(program))
  return { host, ...server, ...disposal(server, folder) }
}

export interface RedisStore extends Store {
  /** A Sentinel that knows the server as the group `slot`. */
  readonly sentinel: ServerProcess
}

export async function startRedis(): Promise<RedisStore> {
  const program = await resolveProgram('redis', quiet)
  const folder = await mkdtemp(join(tmpdir(), 'slot-chaos-test-redis-'))
  const port = await freePort()
  const options = environmentOf(program)
  const args = ['--port', String(port), '--bind', host, '--save', '', '--dir', folder]
  const server = await startServer(program.path, args, port, options)
  const sentinel_port = await freePort()
  const file = join(folder, 'sentinel.conf')
  const lines = [`port ${sentinel_port}`, `bind ${host}`, `dir ${folder}`, `sentinel monitor slot ${host} ${port} 1`]
  await writeFile(file, `${lines.join('\n')}\n`)
  const sentinel = await startServer(program.path, [file, '--sentinel'], sentinel_port, options)
  return {
    host,
    ...server,
    sentinel,
    async [Symbol.asyncDispose]() {
      await sentinel.stop('SIGKILL')
      await disposal(server, folder)[Symbol.asyncDispose]()
    },
  }
}

const disposal = (server: ServerProcess, folder: string): AsyncDisposable => ({
  async [Symbol.asyncDispose]() {
    await server.stop('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  },
})

const environmentOf = ({ environment }: { environment?: Record<string, string> }): { env: NodeJS.ProcessEnv } => ({
  env: { ...process.env, ...environment },
})
