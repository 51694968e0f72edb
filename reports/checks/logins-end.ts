import { accessesOf, tokenOf, type Accesses } from '../model/accesses.ts'
import { platformOf } from '../model/platform.ts'
import { mayHaveHappened } from '../model/scene.ts'
import { verdictOf, type Check } from './check.ts'
import { ended, nameOf, type Operation } from './evidence.ts'
import { attackOf, witnessOf } from './report.ts'

/**
 * A login that was ended is over: its refresh token serves nobody at once, its access token nobody once every gateway has heard of it. A
 * refresh token serves once, and nobody logs in while suspended.
 */
export const loginsEnd: Check = {
  name: 'logins-end',
  title: 'Who is logged out, or suspended, is out',
  needs: ['history'],
  dangers: [
    {
      name: 'asked_after_the_end',
      what: 'operations with a token whose login had been ended long enough',
      brought_about_by: 'operator and thief',
    },
    {
      name: 'refreshed_twice',
      what: 'refresh tokens that were used more than once',
      brought_about_by: 'operator: refreshes and ends at the same moment',
    },
    {
      name: 'logins_while_suspended',
      what: 'logins of players who were suspended',
      brought_about_by: 'operator',
    },
  ],
  run({ run }, evidence) {
    const verdict = verdictOf('logins-end')
    const accesses = accessesOf(evidence)
    const grace_ms = platformOf(run.settings).revoked_after_ms
    const starts = new Map(evidence.operations.map((operation) => [operation.id, operation]))
    for (const operation of evidence.operations) {
      if (attackOf(operation) !== undefined) continue
      const found =
        operation.kind === 'login'
          ? suspendedAt(operation, accesses)
          : endedBefore(operation, accesses, starts, operation.kind === 'refresh' ? 0 : grace_ms)
      if (found === undefined) continue
      verdict.examine()
      verdict.exercise(operation.kind === 'login' ? 'logins_while_suspended' : 'asked_after_the_end')
      if (!ended(operation, 'ok')) continue
      const after = operation.kind === 'login' ? 'while its player was suspended' : 'after its login had been ended'
      verdict.violate(() => witnessOf(operation, `was served ${after}, by ${nameOf(found)}`, evidence, [], [found]))
    }
    const refreshes = evidence.operations.filter((each) => each.kind === 'refresh' && tokenOf(each) !== undefined)
    for (const same of Map.groupBy(refreshes, (each) => tokenOf(each)!).values()) {
      if (same.length < 2) continue
      verdict.examine()
      verdict.exercise('refreshed_twice')
      const [first, second, ...others] = same.filter((each) => ended(each, 'ok'))
      if (first === undefined || second === undefined) continue
      const what = `and ${second.id} were both served with one refresh token`
      verdict.violate(() => witnessOf(first, what, evidence, [], [second, ...others]))
    }
    return verdict.outcome()
  },
}

/** Whatever ended its login, and was known long enough before it was asked. */
function endedBefore(
  operation: Operation,
  { loginOf, suspensions }: Accesses,
  starts: ReadonlyMap<string, Operation>,
  grace_ms: number,
): Operation | undefined {
  const login = loginOf(operation)
  if (login === undefined || operation.kind === 'logout') return undefined
  const before_ms = operation.invoke.at_ms - grace_ms
  const known = ({ kind, end }: Operation): boolean =>
    end !== undefined && end.at_ms < before_ms && end.type === (kind === 'refresh' ? 'fail' : 'ok')
  const own = login.ends.find((each) => each !== operation && known(each))
  if (own !== undefined) return own
  const began_ms = starts.get(login.root)?.invoke.at_ms ?? Infinity
  return suspensions
    .get(operation.player_id)
    ?.find((each) => each.kind === 'suspend' && known(each) && began_ms < each.invoke.at_ms)
}

/** The suspension that a login came after, when nobody can have taken it back. */
function suspendedAt({ player_id, invoke, end }: Operation, { suspensions }: Accesses): Operation | undefined {
  const changes = suspensions.get(player_id) ?? []
  const to_ms = end?.at_ms ?? invoke.at_ms
  return changes.find(
    (each) =>
      each.kind === 'suspend' &&
      ended(each, 'ok') &&
      each.end!.at_ms < invoke.at_ms &&
      !changes.some(
        (other) =>
          other.kind === 'reinstate' &&
          mayHaveHappened(other, to_ms) &&
          (other.end?.at_ms ?? Infinity) > each.invoke.at_ms,
      ),
  )
}
