import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '#lib/clock.ts'
import { textOf } from '#lib/errors.ts'
import { openLines, readLines } from '#lib/json-lines.ts'
import { recordFiles, type JournalLine, type RunFile, type UndoAction } from '#reports/record/format.ts'
import { replaceFile } from '#reports/record/writer.ts'
import type { RunningSystem, Target } from '../targets/target.ts'
import { own } from './plan.ts'
import { harnessLives, systemIn } from './journal-notes.ts'

// After a crash of the harness:
//
//   journals without an end, whose harness is dead  →  faults planned and not reverted  →  undone, where their system still runs
//   targets  →  systems that nobody looks after  →  ended
//
// Each part is idempotent: what a second `recover` finds is nothing.

export interface Recovered {
  found: string[]
  undone: string[]
  failed: string[]
}

type FaultLine = Extract<JournalLine, { kind: 'fault' }>
interface OpenFault {
  last: FaultLine
  undo: UndoAction[]
}

export async function recover(
  folders: readonly string[],
  targets: Readonly<Record<string, Target>>,
  clock: Clock,
): Promise<Recovered> {
  const report: Recovered = { found: [], undone: [], failed: [] }
  for (const folder of folders) await recoverRun(folder, targets, clock, report)
  for (const target of Object.values(targets)) {
    const { found, undone, failed } = await target.recover()
    report.found.push(...found)
    report.undone.push(...undone)
    report.failed.push(...failed)
  }
  return report
}

async function recoverRun(
  folder: string,
  targets: Readonly<Record<string, Target>>,
  clock: Clock,
  report: Recovered,
): Promise<void> {
  const run = unfinished(folder)
  if (run === undefined) return
  const journal = await readJournal(folder)
  if (harnessLives(journal)) return
  report.found.push(`run ${run.id}: broken off`)
  const open = openFaults(journal)
  const system = await systemOf(own(targets, run.target), systemIn(journal))
  let left = 0
  using lines = openLines(join(folder, recordFiles.journal))
  for (const fault of open) {
    const what = `run ${run.id}: ${fault.last.fault} on ${fault.last.targets.join(', ')}`
    try {
      // Undo runs against the system where the fault landed; when that is gone, so is the fault.
      for (const action of fault.undo.toReversed()) await system?.faults.undo(action)
      lines.append({ ...fault.last, ...now(clock), state: 'reverted' }, { durable: true })
      report.undone.push(`${what}: ${system === undefined ? 'gone with its system' : 'undone'}`)
    } catch (error) {
      left++
      report.failed.push(`${what}: ${textOf(error)}`)
    }
  }
  const residue = (await system?.faults.residue()) ?? []
  lines.append({ kind: 'cleanup', ...now(clock), residue }, { durable: true })
  await system?.[Symbol.asyncDispose]()
  // With a fault left the run stays unfinished: the next `recover` tries again.
  if (left === 0) finish(folder, run, clock)
}

/** run.json of a run without an outcome. */
function unfinished(folder: string): RunFile | undefined {
  const path = join(folder, recordFiles.run)
  if (!existsSync(path) || !existsSync(join(folder, recordFiles.journal))) return undefined
  const run = JSON.parse(readFileSync(path, 'utf8')) as RunFile
  return run.outcome === undefined ? run : undefined
}

function finish(folder: string, run: RunFile, clock: Clock): void {
  const outcome = { state: 'aborted', text: 'the harness died; cleaned up by recover' } as const
  const ended = { ...run, outcome, ended_at_ms: clock.wall_ms() }
  replaceFile(join(folder, recordFiles.run), `${JSON.stringify(ended, null, 2)}\n`)
}

/** A line that the crash cut short announces nothing that had begun: a fault is injected only when its line is on disk. */
async function readJournal(folder: string): Promise<JournalLine[]> {
  const path = join(folder, recordFiles.journal)
  const journal = await Array.fromAsync(readLines<JournalLine>(path))
  // What is appended from now on must not be glued to a line that was cut short, be it by its end of line alone.
  if (!readFileSync(path, 'utf8').endsWith('\n'))
    replaceFile(path, journal.map((line) => `${JSON.stringify(line)}\n`).join(''))
  return journal
}

export function openFaults(journal: readonly JournalLine[]): OpenFault[] {
  const faults = new Map<string, OpenFault>()
  for (const line of journal)
    if (line.kind === 'fault') {
      const { undo: planned, evidence: _, ...last } = line
      faults.set(line.id, { last, undo: [...(faults.get(line.id)?.undo ?? []), ...(planned ?? [])] })
    }
  return [...faults.values()].filter(({ last }) => last.state !== 'reverted').toReversed()
}

async function systemOf(target: Target | undefined, id: string | undefined): Promise<RunningSystem | undefined> {
  if (target === undefined || id === undefined) return undefined
  const running = await target.list()
  if (!running.some((system) => system.id === id)) return undefined
  try {
    return await target.connect(id)
  } catch (error) {
    // It may have ended in the meantime: its lease had run out.
    if ((await target.list()).some((system) => system.id === id)) throw error
    return undefined
  }
}

const now = (clock: Clock) => ({ at_ms: clock.wall_ms(), monotonic_ms: clock.monotonic_ms() })
