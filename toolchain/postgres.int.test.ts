import { spawn } from 'node:child_process'
import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { freePort } from '#lib/free-port.ts'
import { expect, test } from 'vitest'
import { runProgram } from '#lib/run-program.ts'
import { waitFor } from '#lib/wait.ts'
import { locatePostgres } from './postgres.ts'

test('initdb, postgres and a query work, also for root', { timeout: 60_000 }, async () => {
  const { initdb, postgres, version, run_as } = await locatePostgres()
  const folder = await mkdtemp(join(tmpdir(), 'slot-chaos-test-'))
  const data = join(folder, 'data')
  await mkdir(data)
  if (run_as !== undefined) {
    await chmod(folder, 0o755)
    await chown(data, run_as.uid, run_as.gid)
  }
  await runProgram(initdb, ['-D', data, '-U', 'owner', '-A', 'trust', '--no-sync', '-E', 'UTF8', '--locale=C'], {
    limit_ms: 60_000,
    cwd: folder,
    ...run_as,
  })
  const port = await freePort()
  const server = spawn(postgres, ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', ''], {
    cwd: folder,
    stdio: 'ignore',
    ...run_as,
  })
  try {
    const answer = await waitFor(() => ask(port), { what: 'PostgreSQL', limit_ms: 20_000 })
    expect(answer).toBe(version)
  } finally {
    const ended = new Promise((resolve) => server.once('exit', resolve))
    server.kill('SIGINT')
    await ended
    await rm(folder, { recursive: true, force: true })
  }
})

async function ask(port: number): Promise<string | undefined> {
  const client = new Client({ host: '127.0.0.1', port, user: 'owner', database: 'postgres' })
  try {
    await client.connect()
    const { rows } = await client.query<{ server_version: string }>('SHOW server_version')
    return rows[0]?.server_version
  } catch {
    return undefined
  } finally {
    await client.end().catch(() => undefined)
  }
}
