import type { Witness } from './check.ts'
import { faultOf, linesOf, nameOf, type Evidence, type Operation } from './evidence.ts'

/** The witness of an operation that is wrong: `The deposit o-12 (key k) of player p-3 <what>.` */
export const witnessOf = (
  operation: Operation,
  what: string,
  evidence: Evidence,
  entries: readonly (object | undefined)[] = [],
  others: readonly Operation[] = [],
): Witness => ({
  text: `The ${nameOf(operation)} ${what}.`,
  operations: [operation, ...others].flatMap(linesOf),
  entries,
  fault: faultOf(evidence, operation),
})

/** What an attacker sends: its refusal needs no reason, and its success is no effect that somebody asked for. */
export const attackOf = ({ invoke }: Operation): string | undefined => {
  const attack = invoke.value['attack']
  return typeof attack === 'string' ? attack : undefined
}
