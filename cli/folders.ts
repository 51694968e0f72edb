import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { Failure } from '#lib/errors.ts'
import { newId } from '#lib/random.ts'
import { recordFiles } from '#reports/record/format.ts'
import { explained } from '#reports/record/writer.ts'

export const runsFolder = resolve(import.meta.dirname, '../reports/runs')

/** 2026-02-11T09-30-00-wallet-kill-1f3a: sorted by name is sorted by time. */
export function newRunId(name: string, wall_ms: number): string {
  const time = new Date(wall_ms).toISOString().slice(0, 19).replaceAll(':', '-')
  return `${time}-${name}-${newId().slice(0, 4)}`
}

/**
 * The folder that --out names, or a new one below reports/runs. Shows at once, before anything starts, that it can be written;
 * throws Failure OUTPUT_NOT_WRITABLE or DISK_FULL, and leaves nothing that was not there before.
 */
export function outputFolder(out: string | undefined, id: string): string {
  const folder = out === undefined ? join(runsFolder, id) : resolve(out)
  const made = explained(folder, () => mkdirSync(folder, { recursive: true }))
  try {
    explained(folder, () => {
      const trial = join(folder, '.trial')
      writeFileSync(trial, 'x'.repeat(4096), { flush: true })
      rmSync(trial)
    })
    if (readdirSync(folder).length === 0) return folder
  } catch (error) {
    rmSync(made ?? join(folder, '.trial'), { recursive: true, force: true })
    throw error
  }
  throw new Failure('OUTPUT_NOT_WRITABLE', `${folder} is not empty`, {
    hint: '--out DIR names a folder that is new or empty: a record is never written over',
  })
}

/**
 * Folders of runs that a person names: the folder of a run, that of a suite (then all of its runs), or its last part below
 * reports/runs. Throws Failure RUN_NOT_FOUND.
 */
export function findRuns(name: string): string[] {
  for (const folder of [resolve(name), join(runsFolder, name)]) {
    const runs = runsIn(folder)
    if (runs.length > 0) return runs
  }
  throw new Failure('RUN_NOT_FOUND', `there is no run in ${name}`)
}

export function findRun(name: string): string {
  const [run, ...others] = findRuns(name)
  if (run === undefined || others.length > 0)
    throw new Failure('RUN_NOT_FOUND', `${name} holds several runs`, {
      hint: `name one of them: ${[run ?? '', ...others].map(shown).join(', ')}`,
    })
  return run
}

const runs_max = 500

/** Every run below a folder, those of suites too; the newest first, 500 at most. */
export function allRuns(folder: string): string[] {
  return subfolders(folder).toReversed().flatMap(runsIn).slice(0, runs_max)
}

function runsIn(folder: string): string[] {
  if (isRun(folder)) return [folder]
  return subfolders(folder).filter(isRun)
}

const isRun = (folder: string): boolean => existsSync(join(folder, recordFiles.run))

function subfolders(folder: string): string[] {
  if (!existsSync(folder)) return []
  const entries = readdirSync(folder, { withFileTypes: true })
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, entry.name))
    .toSorted()
}

/** A path as a person would type it: relative when it is below the working folder. */
export function shown(path: string): string {
  const near = relative(process.cwd(), path)
  return near.startsWith('..') || near === '' ? path : near
}

/** The folder above runs that belong to one suite; undefined for a single run. */
export function suiteOf(runs: readonly string[]): string | undefined {
  const parents = new Set(runs.map((run) => dirname(run)))
  return runs.length > 1 && parents.size === 1 ? [...parents][0] : undefined
}
