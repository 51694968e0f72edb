import { textOf } from '#lib/errors.ts'
import { newId } from '#lib/random.ts'
import { within } from '#lib/wait.ts'
import type { JournalLine } from '#reports/record/format.ts'
import type { RecordWriter } from '#reports/record/writer.ts'
import type { Fault, FaultPlan, PlanContext } from '../faults/fault.ts'

// One fault, once:   plan → [planned: its undo is on disk] → inject → [armed] → verify → [effective] … revert → [reverted]
//                                      └──────── from here on it is reverted, whatever happens ────────┘

type FaultLine = Extract<JournalLine, { kind: 'fault' }>

export interface InjectionRequest {
  fault: Fault
  parameters: Record<string, unknown>
  trial: number
  context: PlanContext
  journal: RecordWriter['journal']
  /** Reverts are pushed here. */
  acquired: AsyncDisposableStack
  /** Gets a sentence when the revert and its undo both failed. */
  not_undone: string[]
  signal: AbortSignal
}

export interface Injection {
  targets: string[]
  evidence: string
}

const inject_limit_ms = 30_000
const revert_limit_ms = 60_000

/** Resolves when the fault bites. Throws FAULT_NOT_EFFECTIVE, NO_FAULT_TARGET, or what the target throws. */
export async function inject(request: InjectionRequest): Promise<Injection> {
  const { fault, parameters, trial, context, journal, signal } = request
  const plan = await fault.plan(parameters, context)
  signal.throwIfAborted()
  const id = newId()
  const write = (state: FaultLine['state'], more: Partial<FaultLine> = {}): void =>
    journal({ kind: 'fault', id, trial, fault: fault.name, targets: plan.targets, state, ...more })

  write('planned', { undo: plan.undo })
  request.acquired.defer(() => revert(request, plan, write))
  await within(fault.inject(plan, context.port), { what: `${fault.name} to be injected`, limit_ms: inject_limit_ms })
  write('armed')
  signal.throwIfAborted()
  const evidence = await fault.verify(plan, context.port)
  write('effective', { evidence })
  return { targets: plan.targets, evidence }
}

/** The revert itself must happen even when the journal cannot be written any more (a full disk): that error comes after. */
async function revert(
  { fault, context: { port }, not_undone }: InjectionRequest,
  plan: FaultPlan,
  write: (state: FaultLine['state']) => void,
): Promise<void> {
  const journal_errors: unknown[] = []
  const writeAnyway = (state: FaultLine['state']): void => {
    try {
      write(state)
    } catch (error) {
      journal_errors.push(error)
    }
  }
  writeAnyway('reverting')
  const limit = { what: `${fault.name} to be reverted`, limit_ms: revert_limit_ms }
  try {
    await within(fault.revert(plan, port), limit).catch(() => within(undoAll(plan, port), limit))
    writeAnyway('reverted')
  } catch (error) {
    not_undone.push(`${fault.name} on ${plan.targets.join(', ')}: ${textOf(error)}`)
    writeAnyway('failed')
  }
  if (journal_errors.length > 0) throw journal_errors[0]
}

/** The way that `recover` would take. */
async function undoAll(plan: FaultPlan, port: PlanContext['port']): Promise<void> {
  for (const action of plan.undo.toReversed()) await port.undo(action)
}
