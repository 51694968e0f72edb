import { anyOf, asked } from '../lines.ts'
import type { Mutation } from '../mutation.ts'

const shape = ['history-well-formed'] as const
const lying = (name: string, what: string, seen_by: readonly string[], change: Mutation['change']): Mutation => ({
  name,
  what,
  seen_by,
  derived: false,
  change,
})

export const historyMutations: readonly Mutation[] = [
  lying('unknown-after-ok', 'a line of an unknown end erases an acknowledgement', shape, (raw, random) => {
    const found = anyOf(random, asked(raw, ['spin', 'deposit']))
    if (found === undefined) return false
    raw.history.push({ ...found.end, type: 'info', at_ms: found.end.at_ms + 1, value: { code: 'timeout' } })
    return true
  }),
  lying('refused-after-ok', 'an operation has two ends', shape, (raw, random) => {
    const found = anyOf(random, asked(raw, ['spin', 'deposit', 'balance']))
    if (found === undefined) return false
    raw.history.push({ ...found.end, type: 'fail', at_ms: found.end.at_ms + 1, value: { code: 'not_found' } })
    return true
  }),
  lying('invoked-twice', 'an operation was invoked twice', shape, (raw, random) => {
    const found = anyOf(random, asked(raw, ['spin', 'deposit', 'balance']))
    if (found === undefined) return false
    raw.history.push({ ...found.invoke, at_ms: found.end.at_ms + 1 })
    return true
  }),
  lying('ended-before-invoked', 'an operation ended before it was invoked', shape, (raw, random) => {
    const found = anyOf(random, asked(raw, ['spin', 'deposit', 'balance']))
    if (found === undefined) return false
    found.end.at_ms = found.invoke.at_ms - 500
    return true
  }),
  lying(
    'never-invoked',
    'an operation ended that nobody invoked',
    [...shape, 'phantom', 'effects-as-asked'],
    (raw, random) => {
      const found = anyOf(random, asked(raw, ['spin', 'deposit', 'balance']))
      if (found === undefined) return false
      raw.history = raw.history.filter((line) => line !== found.invoke)
      return true
    },
  ),
  lying('kind-unknown', 'an operation is of a kind that no check knows', shape, (raw, random) => {
    const found = anyOf(random, asked(raw, ['balance', 'history']))
    if (found === undefined) return false
    found.invoke.kind = found.end.kind = 'cash_out'
    return true
  }),
]
