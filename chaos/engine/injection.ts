import { Failure, textOf } from '#lib/errors.ts'
import { newId } from '#lib/random.ts'
import { within } from '#lib/wait.ts'
import type { JournalLine } from '#reports/record/format.ts'
import type { RecordWriter } from '#reports/record/writer.ts'
import type { Fault, FaultPlan, PlanContext } from '../faults/fault.ts'

// One fault, once:   plan → [planned: its undo is on disk] → inject → [armed] → verify → [effective] … revert → [reverted]
//                                      └──────── from here on it is reverted, whatever happens ────────┘

type FaultLine = Extract<JournalLine, { kind: 'fault' }>
type Write = (state: FaultLine['state'], more?: Partial<FaultLine>) => void

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

/** A fault that bites. What it does not do for as long as it is held is done in hold.ts. */
export interface Injection {
  readonly targets: readonly string[]
  readonly evidence: string
  /** How long it took to see that it bites: the next proof will take about as long. */
  readonly proof_ms: number
  /** Covers what has joined since; its undo is on disk before. */
  cover(): Promise<void>
  /** Sees that it still bites; resolves to the time that this took. Throws FAULT_STOPPED_BITING. */
  prove(): Promise<number>
  /** Once, however often it is called. */
  revert(): Promise<void>
}

const inject_limit_ms = 30_000
const proof_limit_ms = 15_000
const revert_limit_ms = 60_000

/** Resolves when the fault bites. Throws FAULT_NOT_EFFECTIVE, NO_FAULT_TARGET, or what the target throws. */
export async function inject(request: InjectionRequest): Promise<Injection> {
  const { fault, parameters, trial, context, journal, signal } = request
  const plan = await fault.plan(parameters, context)
  signal.throwIfAborted()
  const id = newId()
  const write: Write = (state, more = {}) =>
    journal({ kind: 'fault', id, trial, fault: fault.name, targets: [...plan.targets], state, ...more })

  write('planned', { undo: plan.undo })
  let reverted: Promise<void> | undefined
  const revertOnce = (): Promise<void> => (reverted ??= revert(request, plan, write))
  request.acquired.defer(revertOnce)
  await within(fault.inject(plan, context.port), { what: `${fault.name} to be injected`, limit_ms: inject_limit_ms })
  write('armed')
  signal.throwIfAborted()
  const begin_ms = performance.now()
  const evidence = await fault.verify(plan, context.port)
  write('effective', { evidence })
  return {
    targets: plan.targets,
    evidence,
    proof_ms: performance.now() - begin_ms,
    cover: () => cover(request, plan, write),
    prove: () => prove(request, plan, write),
    revert: revertOnce,
  }
}

async function cover({ fault, context: { port }, signal }: InjectionRequest, plan: FaultPlan, write: Write) {
  const { held } = fault
  if (held?.joined === undefined || held.spread === undefined) return
  const limit = { what: `${fault.name} to cover what joined`, limit_ms: inject_limit_ms }
  try {
    const { targets, undo } = await within(held.joined(plan, port), limit)
    if (targets.length === 0 || signal.aborted) return
    plan.targets.push(...targets)
    plan.undo.push(...undo)
    write('joined', { undo })
    await within(held.spread(targets, plan, port), limit)
  } catch (error) {
    throw lost(fault, error, signal, write)
  }
}

async function prove({ fault, context: { port }, signal }: InjectionRequest, plan: FaultPlan, write: Write) {
  const begin_ms = performance.now()
  if (fault.held === undefined) return 0
  try {
    const limit = { what: `a proof that ${fault.name} bites`, limit_ms: proof_limit_ms }
    write('proved', { evidence: await within(fault.held.prove(plan, port), limit) })
  } catch (error) {
    throw lost(fault, error, signal, write)
  }
  return performance.now() - begin_ms
}

/** What was held was not the fault of the experiment, or nobody could see that it was: the run shows nothing. */
function lost({ name }: Fault, error: unknown, signal: AbortSignal, write: Write): unknown {
  if (signal.aborted) return signal.reason
  const passes = error instanceof Failure && error.code === 'FAULT_NOT_EFFECTIVE'
  const text = passes ? error.message : `it could not be seen whether it bites: ${textOf(error)}`
  write('lost', { evidence: text })
  const gone = error instanceof Failure && ['SYSTEM_LOST', 'LEASE_EXPIRED'].includes(error.code)
  return gone ? error : new Failure('FAULT_STOPPED_BITING', `${name}, while it was held: ${text}`, { cause: error })
}

/** The revert itself must happen even when the journal cannot be written any more (a full disk): that error comes after. */
async function revert(
  { fault, context: { port }, not_undone }: InjectionRequest,
  plan: FaultPlan,
  write: Write,
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
