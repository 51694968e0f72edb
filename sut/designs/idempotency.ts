import { newId } from '#lib/random.ts'
import type { Choices } from './registry.ts'

// The part that makes a request once-only: stores keep what this function answers in a column with a unique index, and look
// there before they do anything. The key itself is kept beside it, without a promise.
export type DedupeKey = (key: string) => string

export const dedupeKeys: Record<Choices['idempotency'], DedupeKey> = {
  'unique-key': (key) => key,
  /** A new name for each request: nothing is ever found, nothing ever collides. */
  off: () => newId(),
}
