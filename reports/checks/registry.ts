import { acknowledgedLost } from './acknowledged-lost.ts'
import { answersAgree } from './answers-agree.ts'
import { appliedTwice } from './applied-twice.ts'
import { auditChain } from './audit-chain.ts'
import type { Check } from './check.ts'
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
import { settled } from './settled.ts'

/** All checks, in the order of the report: what a player would miss first. */
export const checks: readonly Check[] = [
  acknowledgedLost,
  appliedTwice,
  moneyConserved,
  answersAgree,
  failNotApplied,
  phantom,
  entriesGaplessChained,
  noNegativeBalance,
  noAnomaly,
  holdsEnd,
  roundsEnded,
  outcomesRederived,
  noncesOnce,
  readYourWrites,
  monotonicReads,
  outboxLog,
  readModels,
  auditChain,
  settled,
]
