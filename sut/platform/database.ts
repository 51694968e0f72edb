import { pause } from '#lib/wait.ts'
import { Problem } from '#sut/contracts/problems.ts'
import type { Answer, Connection } from './database-connection.ts'
import { mayRunAgain, ServerSilent, toProblem } from './database-errors.ts'
import { createPool, type Pool } from './database-pool.ts'
import { chooseServer, findPrimary, findStandby, type ServerChoice } from './database-servers.ts'
import { statementSpan, transactionSpan } from './database-spans.ts'
import { noTracer, type Tracer } from './tracer.ts'

export type Row = Record<string, unknown>

export interface QueryOptions {
  /** Name of the prepared statement. Without one, a text with values is prepared under a name of its own. */
  name?: string
  /** Ends the wait for a connection; a statement that runs is not cancelled. */
  signal?: AbortSignal
  /** Longest wait for the answer; a server that is silent for so long is left. */
  limit_ms?: number
}

/** int8 is read as bigint, jsonb as parsed JSON, numeric as text. Bigints can be handed in as values. */
export interface Transaction {
  query<R = Row>(text: string, values?: unknown[], options?: QueryOptions): Promise<R[]>
  /** Runs when, and only when, the transaction has been committed. */
  afterCommit(action: () => void): void
  readonly database: Database
}

export interface Database {
  /** Throws Problem('unavailable') when no writable server answers in time; SQL errors as they come, with `code`. */
  query<R = Row>(text: string, values?: unknown[], options?: QueryOptions): Promise<R[]>
  /**
   * ROLLBACK when `work` throws. Run again, at most 3 times, after a serialization failure, a deadlock, or a connection
   * that broke before COMMIT was sent; so `work` must have no effect outside of the transaction. Unknown outcome of
   * COMMIT: Problem('unavailable').
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>
  /** A standby when one answers, the primary else: reads that may be a little old. */
  replica(): Pick<Database, 'query'>
  /** Queries that wait for a connection. */
  waiting(): number
  end(): Promise<void>
}

export interface Login {
  /** Of the database. */
  name: string
  user: string
  password: string
}

export interface TransactionOptions {
  /** COMMIT waits neither for the disk nor for the standby: for what a crash may take back without harm. */
  relaxed?: boolean
}

export interface DatabaseOptions {
  /** Every server that may be primary or standby; asked again whenever one is looked for. */
  servers: () => readonly { host: string; port: number }[]
  login: Login
  application: string
  size?: number
  tracer?: Tracer
}

const wait_limit_ms = 2000
const search_limit_ms = 2000
const queue_max = 200
const reruns_max = 3
/** After this time a transaction is not run once more: the caller has given up by then. */
const rerun_limit_ms = 3000
/** Without a standby the primary is asked for this long before a standby is looked for again. */
const standby_pause_ms = 2000
const prepared_max = 200
const relaxed_begin = 'begin; set local synchronous_commit = off'

export function openDatabase(options: DatabaseOptions): Database {
  const login = { ...options.login, application: options.application }
  const size = options.size ?? 8
  const tracer = options.tracer ?? noTracer
  const { name: database_name } = login
  const limits = { queue_max, wait_limit_ms }
  const primary = chooseServer(() => findPrimary(options.servers(), login), login, {
    limit_ms: search_limit_ms,
    none: () => new Problem('unavailable', 'database: no server takes writes'),
  })
  const standby = chooseServer(() => findStandby(options.servers(), login), login, {
    limit_ms: 0,
    none: () => new Problem('unavailable', 'database: no standby answers'),
  })
  const pool = createPool({ ...limits, size, open: primary.open })
  const standby_pool = createPool({ ...limits, size: Math.ceil(size / 2), open: standby.open })
  const nameOf = statementNames()
  let standby_after_ms = 0

  const database: Database = {
    query: (text, values, query_options) =>
      tracer.span(
        () => statementSpan(database_name, text, query_options?.name),
        () =>
          withConnection(pool, primary, query_options?.signal, async (connection) => {
            return rowsOf(await send(connection, nameOf, text, values, query_options))
          }),
      ),
    transaction: (work, { relaxed = false } = {}) => {
      const begin = relaxed ? relaxed_begin : 'begin'
      const context = { database, pool, primary, nameOf, begin, tracer, database_name }
      return tracer.span(
        () => transactionSpan(database_name),
        () => runTransaction(context, work),
      )
    },
    replica: () => ({
      async query(text, values, query_options) {
        if (performance.now() < standby_after_ms) return database.query(text, values, query_options)
        try {
          return await tracer.span(
            () => statementSpan(database_name, text, query_options?.name),
            () =>
              withConnection(standby_pool, standby, query_options?.signal, async (connection) =>
                rowsOf(await send(connection, nameOf, text, values, query_options)),
              ),
          )
        } catch (error) {
          if (!(error instanceof Problem)) throw error
          standby_after_ms = performance.now() + standby_pause_ms
          return database.query(text, values, query_options)
        }
      },
    }),
    waiting: () => pool.waiting(),
    end() {
      pool.end()
      standby_pool.end()
      return Promise.resolve()
    },
  }
  return database
}

interface TransactionContext {
  database: Database
  pool: Pool
  primary: ServerChoice
  nameOf: (text: string) => string | undefined
  begin: string
  tracer: Tracer
  database_name: string
}

async function runTransaction<T>(context: TransactionContext, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const start = performance.now()
  for (let rerun = 0; ; rerun++) {
    const progress = { committing: false, lost: false }
    try {
      return await withConnection(context.pool, context.primary, undefined, (connection) =>
        attempt(context, connection, work, progress),
      )
    } catch (error) {
      const again = mayRunAgain(error) || (progress.lost && !progress.committing)
      if (!again || rerun >= reruns_max || performance.now() - start > rerun_limit_ms) throw error
      // Two that dead-locked must not meet again in step; 2, 4, 8 ms is longer than a transaction.
      await pause(2 ** (rerun + 1))
    }
  }
}

async function attempt<T>(
  { database, nameOf, begin, tracer, database_name }: TransactionContext,
  connection: Connection,
  work: (tx: Transaction) => Promise<T>,
  progress: { committing: boolean; lost: boolean },
): Promise<T> {
  const actions: (() => void)[] = []
  let result: T
  try {
    await connection.query(begin)
    result = await work({
      database,
      query: (text, values, options) =>
        tracer.span(
          () => statementSpan(database_name, text, options?.name),
          async () => rowsOf(await send(connection, nameOf, text, values, options)),
        ),
      afterCommit: (action) => void actions.push(action),
    })
  } catch (error) {
    progress.lost = connection.loss !== undefined
    if (!progress.lost) await connection.query('rollback').catch(() => connection.destroy())
    throw error
  }
  progress.committing = true
  const { command } = await tracer.span(
    () => statementSpan(database_name, 'commit'),
    () => connection.query('commit'),
  )
  // COMMIT of a transaction in which a statement failed answers ROLLBACK; `work` must not hide such an error.
  if (command !== 'COMMIT') throw new Error('a statement of the transaction failed, and its error was not passed on')
  for (const action of actions) action()
  return result
}

async function withConnection<T>(
  pool: Pool,
  server: ServerChoice,
  signal: AbortSignal | undefined,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  let connection: Connection | undefined
  try {
    connection = await pool.acquire(signal)
    return await work(connection)
  } catch (error) {
    // Asked of the connection, not of the error: `work` may have met troubles of its own.
    const loss = connection?.loss
    if (connection !== undefined && loss !== undefined) {
      if (pool.leave(connection, { silent: loss instanceof ServerSilent })) server.leave()
    }
    throw toProblem(error)
  } finally {
    if (connection !== undefined) pool.release(connection)
  }
}

function send(
  connection: Connection,
  nameOf: (text: string) => string | undefined,
  text: string,
  values?: unknown[],
  options?: QueryOptions,
): Promise<Answer> {
  const name = values === undefined ? undefined : (options?.name ?? nameOf(text))
  return connection.query(text, values, name, options?.limit_ms)
}

const rowsOf = <R>(answer: Answer): R[] => answer.rows as R[]

/** Names for statements that came without one; a service has a few dozen texts, so more than the bound are left unnamed. */
function statementNames(): (text: string) => string | undefined {
  const names = new Map<string, string>()
  return (text) => {
    const known = names.get(text)
    if (known !== undefined || names.size >= prepared_max) return known
    const name = `s${names.size}`
    names.set(text, name)
    return name
  }
}
