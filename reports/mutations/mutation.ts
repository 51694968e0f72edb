import type { Random } from '#lib/random.ts'
import type { RecordFile } from './files.ts'
import type { RawRecord } from '../record/fixture.ts'

// A mutation is one kind of lie that a record can tell. It changes a correct record; what follows from the change (balances, hash
// chains, events, read models, audit trail, answers) is then derived anew, so that nothing but the lie itself can give it away.
export interface Mutation {
  /** kebab-case, what was done: `bet-credited`. */
  readonly name: string
  /** One sentence: what the system would have done. */
  readonly what: string
  /** The checks of which at least one must name it. */
  readonly seen_by: readonly string[]
  /** Makes the change; false when this record has nothing to change in this way. */
  change(raw: RawRecord, random: Random): boolean
  /** false: what follows from the change is left as it was, because that contradiction is the lie. Default: true. */
  readonly derived?: false
  /** Answers of clients follow the changed books. Default: true; false: clients were told the truth of before. */
  readonly told?: false
}

/** What a crash, a full disk or a careless hand does to the files of a record. */
export interface Damage {
  readonly name: string
  readonly what: string
  readonly file: RecordFile
  /** The text of the file afterwards; null: there is none. */
  change: (text: string, random: Random) => string | null
}
