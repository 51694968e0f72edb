import type { CustomTypesConfig, QueryConfig } from 'pg'
import { leavesServer, ServerSilent } from './database-errors.ts'

export interface ConnectionOptions {
  host: string
  port: number
  name: string
  user: string
  password: string
  application: string
}
export interface Answer {
  rows: unknown[]
  /** INSERT, COMMIT, ROLLBACK … */
  command: string
}
export interface Connection {
  /** `name`: the statement is prepared once on this connection. */
  query(text: string, values?: unknown[], name?: string, limit_ms?: number): Promise<Answer>
  readonly broken: boolean
  /** What made its server one to be left, as this connection has seen it. */
  readonly loss: unknown
  destroy(): void
}

export const connect_limit_ms = 1000
/** A statement ends on the server first; only a server that does not answer at all meets the client's own limit. */
const statement_limit_ms = 2500
const answer_limit_ms = 3000
/** A transaction of a client that died without a word must not keep its locks. */
const idle_in_transaction_limit_ms = 6000

// Loaded at the first connection: services without a database start faster for that.
const load = async () => {
  const { Client, types } = await import('pg')
  const parsers: CustomTypesConfig = {
    getTypeParser: (oid, format) =>
      oid === types.builtins.INT8 ? BigInt : (types.getTypeParser(oid, format) as never),
  }
  return { Client, parsers }
}

/** Throws what the socket or the server says. */
export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  const { Client, parsers } = await load()
  const client = new Client({
    host: options.host,
    port: options.port,
    database: options.name,
    user: options.user,
    password: options.password,
    application_name: options.application,
    connectionTimeoutMillis: connect_limit_ms,
    statement_timeout: statement_limit_ms,
    idle_in_transaction_session_timeout: idle_in_transaction_limit_ms,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5000,
    types: parsers,
  })
  let broken = false
  let loss: unknown
  // An idle connection that breaks says so here and nowhere else.
  client.on('error', () => (broken = true))
  client.on('end', () => (broken = true))
  await client.connect()
  // pg keeps the stream to itself, and end() would wait for a server that may be silent.
  const { stream } = (client as unknown as { connection: { stream: { destroy(): void } } }).connection
  const destroy = (): void => {
    broken = true
    stream.destroy()
  }

  return {
    get broken() {
      return broken
    },
    get loss() {
      return loss
    },
    destroy,
    async query(text, values, name, limit_ms = answer_limit_ms) {
      let timer: NodeJS.Timeout | undefined
      const silence = new Promise<never>((_resolve, reject) => {
        // timer: the server's patience ends first, unless it is silent
        timer = setTimeout(() => {
          destroy()
          reject(new ServerSilent(`no answer within ${limit_ms} ms`))
        }, limit_ms)
      })
      const query = { text, ...(values && { values }), ...(name !== undefined && { name }) } as QueryConfig
      try {
        return await Promise.race([client.query(query), silence])
      } catch (error) {
        if (leavesServer(error)) loss = error
        throw error
      } finally {
        clearTimeout(timer)
      }
    },
  }
}
