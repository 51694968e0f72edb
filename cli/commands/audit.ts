import type { Argv } from 'yargs'
import { own } from '#chaos/engine/plan.ts'
import { readRecord } from '#reports/record/read.ts'
import { type AuditEntry, type AuditHead, firstAuditBreak } from '#sut/contracts/audit.ts'
import { catalogue } from '../catalogue.ts'
import { findRun } from '../folders.ts'
import { text } from '../options.ts'
import { theSystem } from '../systems.ts'

export interface Trail {
  entries: AuditEntry[]
  /** Undefined where nobody keeps a trail. */
  head: AuditHead | undefined
}

/** Exit code 0 when every entry follows from the one before it, 1 when one does not, 3 when there is no trail. */
export const audit = {
  command: 'audit [run]',
  describe: 'Verify the audit trail of a recorded run, or of the system that is running',
  builder: (yargs: Argv) =>
    yargs
      .positional('run', { type: 'string', describe: 'Folder of a run, or its name; without it the running system' })
      .option('system', text('system', 'Id of the system; not needed when there is only one')),
  handler: async ({ run, system }: { run?: string; system?: string }): Promise<void> => {
    const verdict = verified(run === undefined ? await trailOfSystem(system) : await trailOfRun(findRun(run)))
    console.log(verdict.text)
    process.exitCode = verdict.exit
  },
}

async function trailOfRun(folder: string): Promise<Trail> {
  const { state } = await readRecord(folder)
  return { entries: state.audit.map(({ entry }) => entry), head: state.audit_head[0]?.head }
}

async function trailOfSystem(id: string | undefined): Promise<Trail> {
  const known = await theSystem(id)
  await using system = await own(catalogue.targets, known.target)!.connect(known.id)
  const trail: Trail = { entries: [], head: undefined }
  for await (const line of system.dump())
    if (line.kind === 'audit') trail.entries.push(line.entry)
    else if (line.kind === 'audit_head') trail.head = line.head
  return trail
}

export function verified({ entries, head }: Trail): { text: string; exit: 0 | 1 | 3 } {
  if (head === undefined && entries.length === 0) return { text: 'there is no audit trail', exit: 3 }
  const broken = firstAuditBreak(entries.toSorted((one, other) => one.sequence - other.sequence))
  if (broken !== null) {
    const lines = [broken.before, broken.at].filter((entry) => entry !== undefined)
    return { text: [broken.text, ...lines.map((entry) => JSON.stringify(entry))].join('\n'), exit: 1 }
  }
  const last = entries.at(-1)
  if (head?.sequence !== (last?.sequence ?? 0) || head.hash !== (last?.hash ?? ''))
    return { text: `the head is entry ${head?.sequence}, the last entry ${last?.sequence ?? 0}`, exit: 1 }
  const kinds = [...Map.groupBy(entries, ({ kind }) => kind)].map(([kind, all]) => `${kind} ${all.length}`)
  const contents = kinds.length === 0 ? '' : `: ${kinds.toSorted().join(', ')}`
  return { text: `${entries.length} entries, unbroken${contents}\nhead        ${head.hash || 'none'}`, exit: 0 }
}
