import type { ServiceName } from '#sut/contracts/descriptor.ts'
import type { DumpLine, StateOf } from '#sut/contracts/state.ts'
import type { Parts } from '#sut/designs/parts.ts'
import type { Mark, Tools } from '#sut/designs/planted-bug.ts'
import { marks_sql, planting_sql } from '#sut/designs/planted-sql.ts'
import { plantedBugOf } from '#sut/designs/registry.ts'
import type { Migration } from './migrate.ts'
import type { Platform } from './platform.ts'

export interface Planting {
  part<Name extends keyof Parts>(name: Name, standard: Parts[Name]): Parts[Name]
  /** Marks of this instance; none where nothing is planted. */
  own: () => readonly StateOf<'planted'>[]
  /** The same, and those of the database of this service. */
  lines: () => AsyncIterable<DumpLine>
}

const nothing: Planting = { part: (_name, standard) => standard, own: () => [], async *lines() {} }

/** Puts what the design plants into the place of standard parts, and counts its marks. */
export function planting(platform: Platform): Planting {
  const bug = plantedBugOf(platform.design)
  if (bug === undefined) return nothing
  const { service, instance } = platform.config
  const has_database = platform.config.database !== undefined
  const counts = { ran: 0, reached: 0 }
  const tools = toolsOf(platform)
  const mark: Mark = (what) => {
    counts[what] += 1
    // A killed process takes its counts along: the first of each kind is left in the database, if there is one.
    if (counts[what] === 1 && has_database) tools.query('SELECT planted($1)', [what]).catch(() => undefined)
  }
  const line = (of: string, { ran, reached }: typeof counts): StateOf<'planted'> => ({
    kind: 'planted',
    bug: bug.name,
    service,
    instance: of,
    ran,
    reached,
  })
  return {
    part(name, standard) {
      const replace = bug.replaces[name]
      return replace === undefined ? standard : replace(standard, mark, tools)
    },
    own: () => [line(instance, counts)],
    async *lines() {
      yield line(instance, counts)
      if (!has_database) return
      const [row] = await tools.query(marks_sql)
      yield line(`${service} database`, { ran: Number(row!['ran']), reached: Number(row!['reached']) })
    },
  }
}

/** What the design plants in the database of a service, and what counts its marks there; `role`: who serves with it. */
export function plantedMigrations(design: string, service: ServiceName, role: string): Migration[] {
  const bug = plantedBugOf(design)
  if (bug === undefined) return []
  const own = bug.sql?.[service]
  return [
    { name: 'planting', text: `${planting_sql}\nGRANT ALL ON SEQUENCE planted_ran, planted_reached TO ${role};` },
    ...(own === undefined ? [] : [{ name: `planted-${bug.name}`, text: own }]),
  ]
}

const toolsOf = (platform: Platform): Tools => ({
  clock: platform.clock,
  instance: platform.config.instance,
  region: platform.config.region,
  warn: (text) => platform.log.warn(text),
  query: (text, values) => platform.database().query<Record<string, unknown>>(text, values),
  pending: (name, read) => platform.pending(name, read),
  background: (name, loop) => platform.background(name, loop),
  onStop: (name, close) => platform.onStop(name, close),
})
