import { textOf } from '#lib/errors.ts'
import { within } from '#lib/wait.ts'
import { systemNote } from './journal-notes.ts'
import { observe } from './observe.ts'
import type { Run } from './run.ts'
import { noteAnyway, systemOf } from './run.ts'

// The steps `up`, `down` and `residue`. Down and residue happen once, as a step or when the run unwinds, whichever is first.

/** The system ends by itself this long after the last sign of life of the harness. */
export const lease_ms = 10_000
const down_limit_ms = 60_000
const residue_limit_ms = 10_000

export async function up(run: Run): Promise<string> {
  const { plan, ports, record } = run
  run.acquired.defer(() => residue(run).then(() => undefined))
  const system = await plan.target.up({
    design: plan.design,
    links: plan.links,
    lease_ms,
    autoscaling: plan.experiment.autoscaling ?? true,
    options: plan.place,
    ...(plan.ports_from !== undefined && { ports_from: plan.ports_from }),
    progress: (text) => ports.progress({ kind: 'status', text }),
    signal: run.signal,
  })
  run.system = system
  run.acquired.defer(() => down(run).then(() => undefined))
  const lost = (): void => {
    noteAnyway(run, 'lease-expired', textOf(system.lost.reason))
    run.halt.abort(system.lost.reason)
  }
  system.lost.addEventListener('abort', lost, { once: true })
  record.journal(systemNote(system.id))
  record.update({
    system: system.descriptor,
    settings: { ...system.settings, lease_ms, load_percent: plan.load_percent },
    versions: { ...versionsOf(run), ...system.versions },
  })
  run.sample = await system.sample()
  record.observe(run.sample)
  run.acquired.use(observe(run, system))
  return `${run.sample.instances.length} instances in regions ${system.descriptor.regions.join(', ')}`
}

const versionsOf = ({ plan }: Run): Record<string, string> => ({ node: process.versions.node, design: plan.design })

export async function down(run: Run): Promise<string> {
  const { system } = run
  if (system === undefined || run.done.has('down')) return ''
  run.done.add('down')
  run.residue.push(...(await leftByFaults(run)))
  const limit = { what: 'the system to end', limit_ms: down_limit_ms }
  try {
    // `down` is idempotent: what failed half-way is finished by a second one.
    await within(system.down(), limit).catch(() => within(system.down(), limit))
  } catch (error) {
    run.not_undone.push(`system ${system.id} did not end: ${textOf(error)}`)
  }
  return ''
}

async function leftByFaults(run: Run): Promise<string[]> {
  try {
    return await within(systemOf(run).faults.residue(), { what: 'the residue scan', limit_ms: residue_limit_ms })
  } catch (error) {
    // A system that cannot be asked is judged by what is left of it when it is down.
    noteAnyway(run, 'residue-unknown', textOf(error))
    return []
  }
}

/** What should be gone and is not: toxics and stopped regions that the faults left, and the system itself. */
export async function residue(run: Run): Promise<string> {
  const answer = (): string => (run.residue.length === 0 ? 'nothing is left' : `left: ${run.residue.join('; ')}`)
  if (run.done.has('residue')) return answer()
  run.done.add('residue')
  if (run.system !== undefined) run.residue.push(...(await leftOfSystem(run)))
  run.not_undone.push(...run.residue)
  run.record.journal({ kind: 'cleanup', residue: run.residue })
  return answer()
}

async function leftOfSystem({ plan, system }: Run): Promise<string[]> {
  try {
    const running = await within(plan.target.list(), { what: 'the list of systems', limit_ms: residue_limit_ms })
    return running.some(({ id }) => id === system?.id) ? [`system ${system?.id} is still running`] : []
  } catch (error) {
    return [`whether system ${system?.id} still runs is unknown: ${textOf(error)}`]
  }
}
