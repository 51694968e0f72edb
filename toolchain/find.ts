import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { lastLine, runProgram } from '#lib/run-program.ts'
import { textOf } from '#lib/errors.ts'
import type { Program, Resolved } from './program.ts'
import { describeRange, satisfies } from './version.ts'

const version_limit_ms = 20_000

/** The files of that name on PATH that may be executed, in order. */
export async function onPath(executable: string): Promise<string[]> {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  const files = [...new Set(folders)].map((folder) => join(folder, executable))
  const usable = await Promise.all(files.map(isExecutable))
  return files.filter((_, i) => usable[i])
}

/** Looks on PATH alone. `rejected` says why nothing that is there was taken. */
export async function findOnPath(program: Program): Promise<{ found?: Resolved; rejected: string }> {
  const candidates = (await Promise.all(program.executables.map(onPath))).flat()
  const reasons: string[] = []
  for (const path of candidates) {
    try {
      const version = await versionOf(program, path)
      if (satisfies(version, program.accepted)) {
        return { found: { name: program.name, path, version, source: 'path' }, rejected: '' }
      }
      reasons.push(`${path} is ${version}, needed is ${describeRange(program.accepted)}`)
    } catch (error) {
      reasons.push(textOf(error))
    }
  }
  return { rejected: reasons.join('; ') || `no ${program.executables.join(' or ')}` }
}

/** Asks a program for its version. Throws when it does not answer. */
export async function versionOf(
  program: Program,
  path: string,
  environment: Record<string, string> = {},
): Promise<string> {
  const output = await runProgram(path, program.version_arguments, { limit_ms: version_limit_ms, environment })
  const version = program.version_pattern.exec(`${output.stdout}\n${output.stderr}`)?.[1]
  if (version === undefined) throw new Error(`${path} does not tell its version: ${lastLine(output)}`)
  return version
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}
