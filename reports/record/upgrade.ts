import { Failure } from '#lib/errors.ts'
import { recordFiles, recordSchema } from './format.ts'

/** Turns run.json, or a line of another file, into the next version of the format. Old runs can be judged by newer code. */
export type Upgrader = (file: string, value: unknown) => unknown

/** By the version it starts from: 1 turns version 1 into version 2. A change of `recordSchema` adds one line here. */
export const upgrades: Record<number, Upgrader> = {
  // Trailers came with version 2: nobody asks an older record for them (read.ts).
  1: (file, value) => (file === recordFiles.run ? { ...(value as object), schema: 2 } : value),
}

/** All steps from the version that run.json names to the current one. Failure RECORD_INVALID when there is no way. */
export function upgraderOf(
  run: unknown,
  path: string,
  steps: Record<number, Upgrader> = upgrades,
  current: number = recordSchema,
): Upgrader {
  const version = (run as { schema?: unknown } | null)?.schema
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1)
    throw new Failure('RECORD_INVALID', `${path} names no version of the record (schema)`)
  if (version > current)
    throw new Failure(
      'RECORD_INVALID',
      `${path} was written by a newer version: schema ${version}, known is ${current}`,
    )
  const chain: Upgrader[] = []
  for (let from = version; from < current; from++) {
    const step = steps[from]
    if (step === undefined) throw new Failure('RECORD_INVALID', `${path}: no way from schema ${from} to ${current}`)
    chain.push(step)
  }
  return (file, value) => chain.reduce((upgraded, step) => step(file, upgraded), value)
}
