import { faultOf, playerKey, type Evidence, type Operation } from './evidence.ts'

// What several checks count as dangers: facts of what was asked and when, whatever the system made of it.

export const duringFault = (evidence: Evidence, operation: Operation): boolean => faultOf(evidence, operation) !== null

/** Its client never got to know: it may have happened, now or later. */
export const answerLost = ({ end }: Operation): boolean => end === undefined || end.type === 'info'

/** Whether its client sent it more than once, because there was no good answer in time. */
export const sentAgain = ({ clientById }: Evidence, { id }: Operation): boolean =>
  (clientById.get(id)?.attempts ?? 1) > 1

/** The operations with its key, itself among them; none where it has none. */
export const sameKey = ({ operationsByKey }: Evidence, { player_id, key }: Operation): readonly Operation[] =>
  (key === undefined ? undefined : operationsByKey.get(playerKey(player_id, key))) ?? []

/** Whether two were asked through different regions, as far as requests.csv knows. */
export function throughBothRegions({ clientById }: Evidence, one: Operation, other: Operation): boolean {
  const regions = [one, other].map(({ id }) => clientById.get(id)?.region)
  return regions.every((region) => region !== undefined) && regions[0] !== regions[1]
}
