import { textOf } from '#lib/errors.ts'
import { alive } from '#lib/process.ts'
import type { Target } from '../target.ts'
import { endSystem } from './end.ts'
import { type SystemRecord, allRecords } from './state.ts'

/** Ends every system of this target whose start was broken off, or whose owner is dead and has left a lease. */
export async function recover(target: string): ReturnType<Target['recover']> {
  const report = { found: [] as string[], undone: [] as string[], failed: [] as string[] }
  for (const record of await allRecords()) {
    if (record.target !== target || !abandoned(record)) continue
    report.found.push(`system ${record.id} on ${record.access.context}: whoever started it is dead`)
    try {
      await endSystem(record)
      report.undone.push(`system ${record.id}: its namespace is deleted`)
    } catch (error) {
      report.failed.push(`system ${record.id}: ${textOf(error)}`)
    }
  }
  return report
}

export const abandoned = ({ owner, state, lease_ms }: SystemRecord): boolean =>
  !alive(owner) && (state === 'starting' || lease_ms > 0)
