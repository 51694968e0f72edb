import { recordFiles } from '../record/format.ts'

/** The files that a verdict needs. */
export const judgedFiles = [
  recordFiles.journal,
  recordFiles.requests,
  recordFiles.history,
  recordFiles.observations,
  recordFiles.ledger,
] as const
export type RecordFile = (typeof judgedFiles)[number]
