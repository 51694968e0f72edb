import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { request } from 'undici'
import { systemFolder } from '../state.ts'

/** What tests ask of the configuration of a stand-in (sut/local/testing/service.ts). */
export interface StandInConfig {
  operations: { token: string }
  database: { name: string; user: string; password: string; owner: { user: string; password: string } }
  nats: { password: string }
}

/** Tells a stand-in of that system what to do, at its operations port. */
export async function order(id: string, instance: string, path: string): Promise<void> {
  const port = await operationsPort(id, instance)
  await (await request(`http://127.0.0.1:${port}${path}`, { method: 'POST' })).body.dump()
}

/** As it read it: the file is for it alone. */
export async function configOf(id: string, instance: string): Promise<StandInConfig> {
  const port = await operationsPort(id, instance)
  return (await (await request(`http://127.0.0.1:${port}/config`)).body.json()) as StandInConfig
}

/** Its log says it, which is that of the process that it is a part of. */
async function operationsPort(id: string, instance: string): Promise<number> {
  const folder = join(systemFolder(id), 'logs')
  const logs = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')))
  const told = logs
    .flatMap((log) => log.split('\n'))
    .flatMap((line) => /^stand-in (\S+) operations (\d+)$/.exec(line) ?? [])
  const port = told[told.lastIndexOf(instance) + 1]
  if (port === undefined) throw new Error(`${instance} has not said its port`)
  return Number(port)
}
