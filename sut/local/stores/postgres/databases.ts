import type { SystemContext } from '../../context.ts'
import { type Server, createSlot } from './server.ts'

/** For each service that calls PostgreSQL a role and a database of the same name, which that role owns and nobody else enters. */
export async function createDatabases(leader: Server, { request, secrets }: SystemContext): Promise<void> {
  const ask = (sql: string): Promise<object[]> => leader.admin.ask(sql, { limit_ms: 30_000 })
  await ask(`create role replicator login replication password '${secrets.postgres_replication}'`)
  await createSlot(leader, 'b')
  const owners = request.descriptor.services.filter(({ calls }) => calls.includes('postgres')).map(({ name }) => name)
  for (const owner of owners) {
    await ask(`create role ${owner} login password '${secrets.passwords[owner]}'`)
    await ask(`create database ${owner} owner ${owner}`)
    await ask(`revoke all on database ${owner} from public`)
  }
}
