import { Client } from 'pg'
import { host } from '../../context.ts'

/** One connection of the administrator to one server; opened when it is asked, again after it broke. */
export interface Admin {
  /** Rejects when there is no answer within 2 s (or `limit_ms`). */
  ask<Row extends object>(sql: string, options?: { limit_ms?: number }): Promise<Row[]>
  close(): Promise<void>
}

const limit_ms_default = 2_000

export function administer(port: number, password: string): Admin {
  let open: Promise<Client> | null = null
  const connection = (): Promise<Client> => {
    open ??= connectAdmin(port, password).then((client) => {
      client.once('end', () => (open = null))
      return client
    })
    return open.catch((error: unknown) => {
      open = null
      throw error
    })
  }
  const close = async (): Promise<void> => {
    const last = open
    open = null
    await last?.then((client) => client.end()).catch(() => undefined)
  }
  return {
    close,
    async ask<Row extends object>(sql: string, { limit_ms = limit_ms_default } = {}) {
      const client = await connection()
      const query = { text: sql, query_timeout: limit_ms }
      try {
        return (await client.query<Row>(query)).rows
      } catch (error) {
        // After a time-out the answer may still come: it would be taken for that of the next question.
        if ((error as { code?: string }).code === undefined) await close()
        throw error
      }
    },
  }
}

export async function connectAdmin(port: number, password: string): Promise<Client> {
  const client = new Client({
    host,
    port,
    user: 'postgres',
    password,
    database: 'postgres',
    connectionTimeoutMillis: limit_ms_default,
    application_name: 'slot-chaos',
  })
  client.on('error', () => undefined) // a broken connection: the next question says so
  await client.connect()
  return client
}
