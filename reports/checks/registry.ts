import { acknowledgedLost } from './acknowledged-lost.ts'
import { actsTold } from './acts-told.ts'
import { answersAgree } from './answers-agree.ts'
import { answersNamed } from './answers-named.ts'
import { answersWhole } from './answers-whole.ts'
import { appliedTwice } from './applied-twice.ts'
import { auditChain } from './audit-chain.ts'
import type { Check } from './check.ts'
import { effectsAsAsked } from './effects-as-asked.ts'
import { entriesMatchTransfers } from './entries-match-transfers.ts'
import { refusalsJustified } from './refusals-justified.ts'
import { readsCommitted } from './reads-committed.ts'
import { writesInOrder } from './writes-in-order.ts'
import { noncesInOrder } from './nonces-in-order.ts'
import { holdsOverTime } from './holds-over-time.ts'
import { limitsKept } from './limits-kept.ts'
import { exclusionsKept } from './exclusions-kept.ts'
import { loginsEnd } from './logins-end.ts'
import { ratesKept } from './rates-kept.ts'
import { thiefGetsNothing } from './thief-gets-nothing.ts'
import { proofsHold } from './proofs-hold.ts'
import { historyWellFormed } from './history-well-formed.ts'
import { entriesGaplessChained } from './entries-gapless-chained.ts'
import { failNotApplied } from './fail-not-applied.ts'
import { holdsEnd } from './holds-end.ts'
import { moneyConserved } from './money-conserved.ts'
import { monotonicReads } from './monotonic-reads.ts'
import { noAnomaly } from './no-anomaly.ts'
import { noncesOnce } from './nonces-once.ts'
import { noNegativeBalance } from './no-negative-balance.ts'
import { outboxLog } from './outbox-log.ts'
import { outcomesRederived } from './outcomes-rederived.ts'
import { phantom } from './phantom.ts'
import { readModels } from './read-models.ts'
import { readYourWrites } from './read-your-writes.ts'
import { roundsEnded } from './rounds-ended.ts'
import { seedsSealed } from './seeds-sealed.ts'
import { settled } from './settled.ts'

/** All checks, in the order of the report: what a player would miss first. */
export const checks: readonly Check[] = [
  acknowledgedLost,
  appliedTwice,
  moneyConserved,
  effectsAsAsked,
  entriesMatchTransfers,
  answersAgree,
  failNotApplied,
  refusalsJustified,
  answersNamed,
  answersWhole,
  phantom,
  entriesGaplessChained,
  writesInOrder,
  noNegativeBalance,
  noAnomaly,
  holdsEnd,
  holdsOverTime,
  roundsEnded,
  outcomesRederived,
  noncesOnce,
  noncesInOrder,
  proofsHold,
  readsCommitted,
  seedsSealed,
  readYourWrites,
  monotonicReads,
  limitsKept,
  exclusionsKept,
  loginsEnd,
  thiefGetsNothing,
  ratesKept,
  actsTold,
  outboxLog,
  readModels,
  auditChain,
  settled,
  historyWellFormed,
]
