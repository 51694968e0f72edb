import { newId } from '#lib/random.ts'
import type { Choices } from './registry.ts'

/** The server seed that a round is drawn with, of the one that was promised. */
export type DrawnWith = (server_seed: string) => string

export const drawnWith: Record<Choices['fairness'], DrawnWith> = {
  promised: (server_seed) => server_seed,
  /** PLANTED BUG (design seed-swapped): a house that draws with whatever seed it likes, and reveals the other one. */
  swapped: () => newId(),
}
