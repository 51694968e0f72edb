import type { Random } from '#lib/random.ts'
import type { RawRecord } from '../record/fixture.ts'
import { derive, toldBy } from './derive.ts'
import type { Mutation } from './mutation.ts'

/** The record with this lie in it; undefined when it has nothing that could be changed in this way. The given one stays as it is. */
export function mutated(raw: RawRecord, mutation: Mutation, random: Random): RawRecord | undefined {
  const copy = structuredClone(raw)
  const told = mutation.told === false ? [] : toldBy(copy)
  if (!mutation.change(copy, random)) return undefined
  if (mutation.derived !== false) derive(copy, told)
  return copy
}
