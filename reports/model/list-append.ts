// A history of transactions over append-only lists, as Adya's anomalies are defined over it (Adya, Weak Consistency, 1999) and as Elle
// reads it (Kingsbury and Alvaro, Elle, VLDB 2020). Here the order of each list is known, so nothing has to be inferred.

/** A transaction saw a list as long as this; null: with an element that no list ever got. */
export interface ListRead {
  list: string
  length: number | null
}

export interface Transaction {
  name: string
  reads: readonly ListRead[]
  /** Whether whoever asked for it was told that it did not happen. */
  aborted?: boolean
  /** On one clock: it happened after it was asked, and before it was answered; an answer that never came says nothing. */
  asked_ms?: number | undefined
  answered_ms?: number | undefined
}

export interface ListHistory {
  transactions: readonly Transaction[]
  /** By name of a list: the transaction, by its index, that appended each element. */
  lists: ReadonlyMap<string, readonly number[]>
}
