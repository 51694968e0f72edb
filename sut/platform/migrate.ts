import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Database } from './database.ts'

// Any number, but the same in every instance: one migrates at a time, the others wait and find nothing left to do.
const migration_lock = 4_717_001
export interface Migration {
  name: string
  text: string
}
/** For the wait on another instance, and for a statement that rewrites a table. */
const limit_ms = 60_000

/**
 * Applies `NNN-name.sql` of the folder in order, each once and in a transaction. Names of those applied now.
 * The ledger of applied files is the table `migration`. `more`: what comes after them, each once, too.
 */
export async function migrate(database: Database, folder: string, more: readonly Migration[] = []): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{3}-[a-z0-9-]+\.sql$/.test(name)).toSorted()
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
  const applied: string[] = []
  const all = [...names.map((name, index): Migration => ({ name, text: texts[index]! })), ...more]
  for (const { name, text } of all) if (await applyOnce(database, name, text)) applied.push(name)
  return applied
}

function applyOnce(database: Database, name: string, text: string): Promise<boolean> {
  return database.transaction(async (tx) => {
    await tx.query(`set local statement_timeout = ${limit_ms}`)
    await tx.query(`select pg_advisory_xact_lock(${migration_lock})`, undefined, { limit_ms })
    await tx.query('create table if not exists migration (name text primary key, at timestamptz default now())')
    if ((await tx.query('select 1 from migration where name = $1', [name])).length > 0) return false
    await tx.query(text, undefined, { limit_ms })
    await tx.query('insert into migration (name) values ($1)', [name])
    return true
  })
}
