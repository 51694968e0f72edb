import { asked, type Asked } from './lines.ts'
import type { RawRecord } from '../record/fixture.ts'
import type { Mutation } from './mutation.ts'

const tried_max = 20

/** One operation of this kind that was served was told something else. `change` answers the fields; null: not of this one. */
export const onAnswer = (
  name: string,
  what: string,
  kind: string,
  seen_by: readonly string[],
  change: (found: Asked, raw: RawRecord) => object | null,
): Mutation => ({
  name,
  what,
  seen_by,
  derived: false,
  change(raw, random) {
    for (const found of random.sample(asked(raw, [kind]), tried_max)) {
      const changed = change(found, raw)
      if (changed === null) continue
      found.end.value = { ...found.end.value, ...changed }
      return true
    }
    return false
  },
})
