import { chown, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Region } from '#sut/contracts/descriptor.ts'
import { killTree } from '#lib/process.ts'
import { runProgram } from '#lib/run-program.ts'
import { waitFor } from '#lib/wait.ts'
import type { SystemContext } from '../../context.ts'
import { type OwnedProcess, textOfExit } from '../../processes.ts'
import { type Admin, administer, connectAdmin } from './admin.ts'
import { hostBasedAuthentication, serverConfiguration, standbyName } from './configuration.ts'
import { copyData } from './copy.ts'

/** One PostgreSQL server: its data folder, its process, its administrator's connection. No decisions. */
export interface Server {
  readonly region: Region
  readonly name: string
  readonly port: number
  readonly data: string
  readonly admin: Admin
  process(): OwnedProcess | null
  /** Starts it as what its data folder says (standby.signal), and waits until it answers. */
  start(): Promise<void>
  /** SIGKILL for all its processes, waits until they are gone. */
  kill(): Promise<void>
  /** Writes the configuration; `reload`: tells the running server. */
  configure(synchronous_standby: Region | null, options?: { reload?: boolean }): Promise<void>
}

const start_limit_ms = 30_000
const initdb_limit_ms = 60_000

export function postgresServer(context: SystemContext, region: Region, leader_region: () => Region): Server {
  const { ports, secrets, processes, observe, folder, request } = context
  const name = `postgres-${region}`
  const port = ports.port(name)
  const data = join(folder, 'data', name)
  const { run_as, postgres, environment } = request.programs.postgres
  const admin = administer(port, secrets.postgres_superuser)
  let current: OwnedProcess | null = null

  const configure: Server['configure'] = async (synchronous_standby, { reload = false } = {}) => {
    const others = request.descriptor.regions.filter((each) => each !== region)
    const leader = leader_region() === region ? others[0]! : leader_region()
    const text = serverConfiguration({
      region,
      port,
      leader_port: ports.port(`postgres-${leader}`),
      replication_password: secrets.postgres_replication,
      synchronous_standby,
    })
    await writeOwned(join(data, 'postgresql.conf'), text, run_as)
    await writeOwned(join(data, 'pg_hba.conf'), hostBasedAuthentication, run_as)
    if (reload) await admin.ask('select pg_reload_conf()')
  }
  const answers = async (process: OwnedProcess): Promise<boolean> => {
    if (current !== process) throw new Error(`${name} ended while it started`)
    return admin.ask('select 1').then(
      () => true,
      () => false,
    )
  }
  return {
    region,
    name,
    port,
    data,
    admin,
    configure,
    process: () => current,
    async start() {
      const started = processes.spawn({
        name,
        command: postgres,
        args: ['-D', data],
        environment,
        run_as,
        stop: 'SIGQUIT',
      })
      current = started
      observe.event('started', name, { region, detail: `pid ${started.pid}` })
      started.child.once('exit', (code, signal) => {
        if (current === started) current = null
        if (!context.ending.aborted) observe.event('exited', name, { region, detail: textOfExit({ code, signal }) })
      })
      const ready = (): Promise<boolean> => answers(started)
      await waitFor(ready, { what: `${name} to answer`, limit_ms: start_limit_ms, signal: context.ending })
      observe.event('ready', name, { region })
    },
    async kill() {
      const last = current
      if (last === null) return
      killTree(last)
      await last.exited
      await admin.close()
    },
  }
}

/** Makes the data folder of the first leader; its files are those of the user that the server runs as. */
export async function initialise(server: Server, { request, secrets, folder, ending }: SystemContext): Promise<void> {
  const { initdb, run_as, environment } = request.programs.postgres
  const password_file = join(folder, 'config', 'postgres-password')
  await writeOwned(password_file, `${secrets.postgres_superuser}\n`, run_as)
  await makeOwned(server.data, run_as)
  const args = ['-D', server.data, '--username=postgres', `--pwfile=${password_file}`, '--auth=scram-sha-256']
  const fixed = ['--encoding=UTF8', '--locale=C', '--no-sync', '--no-instructions']
  // Its working directory must be one that this user may enter, and `config` one in which it may find the password.
  const options = { limit_ms: initdb_limit_ms, environment, cwd: folder, signal: ending, ...run_as }
  await runProgram(initdb, [...args, ...fixed], options)
  await rm(password_file)
}

/** A standby's first copy: of a leader that has not been started since it was made. */
export async function copyStopped(from: Server, to: Server, { request }: SystemContext): Promise<void> {
  const owner = request.programs.postgres.run_as
  await makeOwned(to.data, owner)
  await copyData(from.data, to.data, { with_log: true, owner })
  await writeOwned(join(to.data, 'standby.signal'), '', owner)
}

/**
 * Makes a standby out of a server whose history has parted: a new copy of the running leader by the low-level backup API. The
 * folder itself stays, since the kernel's shared memory of the old server is found by its number.
 */
export async function rebuild(leader: Server, standby: Server, { request, secrets }: SystemContext): Promise<void> {
  const owner = request.programs.postgres.run_as
  for (const entry of await readdir(standby.data)) await rm(join(standby.data, entry), { recursive: true, force: true })
  await createSlot(leader, standby.region)
  const session = await connectAdmin(leader.port, secrets.postgres_superuser)
  try {
    await session.query(`select pg_backup_start('rebuild of ${standby.name}', true)`)
    await copyData(leader.data, standby.data, { with_log: false, owner })
    const stop = await session.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)')
    await writeOwned(join(standby.data, 'backup_label'), stop.rows[0]!.labelfile, owner)
  } finally {
    await session.end()
  }
  await writeOwned(join(standby.data, 'standby.signal'), '', owner)
}

/** The leader keeps its log for this standby from now on. */
export async function createSlot(leader: Server, standby: Region): Promise<void> {
  const name = standbyName(standby)
  await leader.admin.ask(
    `select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = '${name}' and not active`,
  )
  await leader.admin.ask(`select pg_create_physical_replication_slot('${name}', true)`)
}

async function makeOwned(path: string, owner: { uid: number; gid: number } | null): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  if (owner !== null) await chown(path, owner.uid, owner.gid)
}

async function writeOwned(path: string, text: string, owner: { uid: number; gid: number } | null): Promise<void> {
  await writeFile(path, text, { mode: 0o600 })
  if (owner !== null) await chown(path, owner.uid, owner.gid)
}
