import { ackBeforeCommit } from './bugs/ack-before-commit.ts'
import { auditSkips } from './bugs/audit-skips.ts'
import { holdKept } from './bugs/hold-kept.ts'
import { idempotencyOff } from './bugs/idempotency-off.ts'
import { nonceBurned } from './bugs/nonce-burned.ts'
import { seedSwapped } from './bugs/seed-swapped.ts'
import type { PlantedBug } from './planted-bug.ts'

/** Every planted bug by its name. */
export const plantedBugs: Readonly<Record<string, PlantedBug>> = Object.fromEntries(
  [idempotencyOff, ackBeforeCommit, seedSwapped, nonceBurned, holdKept, auditSkips].map((bug) => [bug.name, bug]),
)
