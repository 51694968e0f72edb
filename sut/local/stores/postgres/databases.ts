import { callersIn } from '#sut/contracts/topology.ts'
import { roleStatements } from '#sut/deployment/store-settings.ts'
import type { SystemContext } from '../../context.ts'
import { type Server, createSlot } from './server.ts'

/** For each service that calls PostgreSQL a database, the role that owns it, and the one that serves. */
export async function createDatabases(leader: Server, { request, secrets }: SystemContext): Promise<void> {
  const ask = (sql: string): Promise<object[]> => leader.admin.ask(sql, { limit_ms: 30_000 })
  await ask(`create role replicator login replication password '${secrets.postgres_replication}'`)
  await createSlot(leader, 'b')
  const callers = callersIn(request.descriptor).filter(({ calls }) => calls.includes('postgres'))
  for (const { name } of callers) for (const sql of roleStatements(name, secrets)) await ask(sql)
}
