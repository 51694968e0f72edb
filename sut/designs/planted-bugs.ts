import { accountOverdrawn } from './bugs/account-overdrawn.ts'
import { ackBeforeCommit } from './bugs/ack-before-commit.ts'
import { answerEmbellished } from './bugs/answer-embellished.ts'
import { auditRewritten } from './bugs/audit-rewritten.ts'
import { auditSkips } from './bugs/audit-skips.ts'
import { balanceStale } from './bugs/balance-stale.ts'
import { bodiesHoldPlaces } from './bugs/bodies-hold-places.ts'
import { cacheRefilledLate } from './bugs/cache-refilled-late.ts'
import { conflictUnnoticed } from './bugs/conflict-unnoticed.ts'
import { depositMisdirected } from './bugs/deposit-misdirected.ts'
import { depositPadded } from './bugs/deposit-padded.ts'
import { entryMissing } from './bugs/entry-missing.ts'
import { eventForgotten } from './bugs/event-forgotten.ts'
import { eventLost } from './bugs/event-lost.ts'
import { eventRenamed } from './bugs/event-renamed.ts'
import { exclusionCached } from './bugs/exclusion-cached.ts'
import { exclusionUnseen } from './bugs/exclusion-unseen.ts'
import { fundsRefusedEarly } from './bugs/funds-refused-early.ts'
import { guessesInParallel } from './bugs/guesses-in-parallel.ts'
import { heldMoneySpent } from './bugs/held-money-spent.ts'
import { historyOfAnother } from './bugs/history-of-another.ts'
import { holdKept } from './bugs/hold-kept.ts'
import { holdOfAnother } from './bugs/hold-of-another.ts'
import { houseSideWrong } from './bugs/house-side-wrong.ts'
import { idempotencyOff } from './bugs/idempotency-off.ts'
import { keyUnsigned } from './bugs/key-unsigned.ts'
import { limitOffByStake } from './bugs/limit-off-by-stake.ts'
import { limitUnseen } from './bugs/limit-unseen.ts'
import { loginsUnbounded } from './bugs/logins-unbounded.ts'
import { logoutIgnored } from './bugs/logout-ignored.ts'
import { modelCountsTwice } from './bugs/model-counts-twice.ts'
import { nonceBurned } from './bugs/nonce-burned.ts'
import { noncesForgotten } from './bugs/nonces-forgotten.ts'
import { noncesSwapped } from './bugs/nonces-swapped.ts'
import { nulAdmitted } from './bugs/nul-admitted.ts'
import { oneTooMuch } from './bugs/one-too-much.ts'
import { passwordIgnored } from './bugs/password-ignored.ts'
import { payTableStale } from './bugs/pay-table-stale.ts'
import { proofOtherSeed } from './bugs/proof-other-seed.ts'
import { proofOtherTable } from './bugs/proof-other-table.ts'
import { refreshOutlivesLogout } from './bugs/refresh-outlives-logout.ts'
import { refreshServedTwice } from './bugs/refresh-served-twice.ts'
import { refusedWithoutReason } from './bugs/refused-without-reason.ts'
import { releasedCaptured } from './bugs/released-captured.ts'
import { replayAdmitted } from './bugs/replay-admitted.ts'
import { resolverMissing } from './bugs/resolver-missing.ts'
import { roleUnchecked } from './bugs/role-unchecked.ts'
import { roundOfAnother } from './bugs/round-of-another.ts'
import { reuseNotNoticed } from './bugs/reuse-not-noticed.ts'
import { revocationUnread } from './bugs/revocation-unread.ts'
import { seedSwapped } from './bugs/seed-swapped.ts'
import { seedsInClear } from './bugs/seeds-in-clear.ts'
import { sessionOfAnother } from './bugs/session-of-another.ts'
import { sessionToldOtherwise } from './bugs/session-told-otherwise.ts'
import { signatureUnverified } from './bugs/signature-unverified.ts'
import { spinsUnlimited } from './bugs/spins-unlimited.ts'
import { stakeCapIgnored } from './bugs/stake-cap-ignored.ts'
import { suspensionIgnored } from './bugs/suspension-ignored.ts'
import { suspensionOfAnother } from './bugs/suspension-of-another.ts'
import { timestampUnverified } from './bugs/timestamp-unverified.ts'
import { tokenUnverified } from './bugs/token-unverified.ts'
import { traceFlagTrusted } from './bugs/trace-flag-trusted.ts'
import { tombstoneMissing } from './bugs/tombstone-missing.ts'
import { updatesLost } from './bugs/updates-lost.ts'
import { winShort } from './bugs/win-short.ts'
import { winTwice } from './bugs/win-twice.ts'
import type { PlantedBug } from './planted-bug.ts'

/** In the order of a ladder: money, rounds, events, care, doors. */
const all: readonly PlantedBug[] = [
  idempotencyOff,
  ackBeforeCommit,
  seedSwapped,
  seedsInClear,
  nonceBurned,
  holdKept,
  auditSkips,
  updatesLost,
  balanceStale,
  tombstoneMissing,
  conflictUnnoticed,
  fundsRefusedEarly,
  accountOverdrawn,
  heldMoneySpent,
  releasedCaptured,
  holdOfAnother,
  houseSideWrong,
  entryMissing,
  refusedWithoutReason,
  depositPadded,
  depositMisdirected,
  winTwice,
  winShort,
  oneTooMuch,
  resolverMissing,
  roundOfAnother,
  noncesSwapped,
  proofOtherSeed,
  answerEmbellished,
  auditRewritten,
  eventLost,
  eventRenamed,
  eventForgotten,
  sessionToldOtherwise,
  modelCountsTwice,
  historyOfAnother,
  limitUnseen,
  exclusionUnseen,
  limitOffByStake,
  stakeCapIgnored,
  exclusionCached,
  cacheRefilledLate,
  logoutIgnored,
  suspensionIgnored,
  suspensionOfAnother,
  refreshServedTwice,
  revocationUnread,
  refreshOutlivesLogout,
  reuseNotNoticed,
  replayAdmitted,
  signatureUnverified,
  keyUnsigned,
  noncesForgotten,
  nulAdmitted,
  timestampUnverified,
  tokenUnverified,
  passwordIgnored,
  guessesInParallel,
  loginsUnbounded,
  bodiesHoldPlaces,
  traceFlagTrusted,
  spinsUnlimited,
  payTableStale,
  proofOtherTable,
  sessionOfAnother,
  roleUnchecked,
]

/** Every planted bug by its name. */
export const plantedBugs: Readonly<Record<string, PlantedBug>> = Object.fromEntries(all.map((bug) => [bug.name, bug]))
