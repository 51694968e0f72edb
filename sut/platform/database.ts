export type Row = Record<string, unknown>

export interface QueryOptions {
  /** Name of the prepared statement. Without one, a text with values is prepared under a name of its own. */
  name?: string
  signal?: AbortSignal
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
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
  /** A standby when one answers, the primary else: reads that may be a little old. */
  replica(): Pick<Database, 'query'>
  /** Queries that wait for a connection. */
  waiting(): number
  end(): Promise<void>
}
