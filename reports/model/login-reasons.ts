import { clocks_apart_ms } from './held.ts'
import { endOf, mayHaveHappened, ofPlayer, when, type Reason } from './scene.ts'

// token_revoked, token_expired, unauthenticated and account_suspended: something had ended the login, or may have.

const revoked: Reason = (operation, scene) => {
  const { accesses, byPlayer } = scene
  const to_ms = endOf(operation)
  const login = accesses.loginOf(operation)
  const ends =
    login === undefined
      ? (byPlayer.get(operation.player_id) ?? []).filter(({ kind }) => endsLogin.has(kind))
      : login.ends
  // A token that was sent twice, for the first answer did not come, may have been used twice.
  const twice = ofPlayer(operation, 'refresh', scene).filter(
    (refresh) => scene.sentAgain.has(refresh.id) && accesses.loginOf(refresh) === login,
  )
  const suspended = (accesses.suspensions.get(operation.player_id) ?? []).filter(({ kind }) => kind === 'suspend')
  return when(
    [...ends, ...twice, ...suspended].some(({ invoke }) => invoke.at_ms <= to_ms),
    'nothing had ended its login',
  )
}
const endsLogin: ReadonlySet<string> = new Set(['logout', 'refresh'])

/** A token lives as long as the answer said that gave it. */
const expired: Reason = (operation, { logins }) => {
  const given = logins.get(operation.invoke.login ?? '')
  if (given === undefined) return null // which token it was is not in the record
  const lasts_s = Number(given.end?.value['expires_in_s'] ?? 0)
  return when(given.invoke.at_ms + lasts_s * 1000 <= endOf(operation) + clocks_apart_ms, 'its token had time left')
}

const unauthenticated: Reason = (operation, scene) => {
  const { kind, invoke, player_id } = operation
  if (kind === 'login') {
    const registered = (scene.byPlayer.get(player_id) ?? []).find((other) => other.kind === 'register')
    return when(registered === undefined || endOf(registered) >= invoke.at_ms, 'the player was registered')
  }
  // Nobody's: the login that was to be asked with had itself been refused.
  if (invoke.login === '') return null
  if (kind !== 'refresh') return revoked(operation, scene)
  // Two that use one refresh token: one of them comes second, whatever becomes of the other.
  const others = ofPlayer(operation, 'refresh', scene).filter(
    (other) => other !== operation && other.invoke.login === invoke.login && other.invoke.at_ms <= endOf(operation),
  )
  return others.length > 0 ? null : revoked(operation, scene)
}

const suspended: Reason = (operation, { accesses }) =>
  when(
    (accesses.suspensions.get(operation.player_id) ?? []).some(
      (each) => each.kind === 'suspend' && mayHaveHappened(each, endOf(operation)),
    ),
    'nobody had suspended the player',
  )

export const loginReasons = {
  token_revoked: revoked,
  token_expired: expired,
  unauthenticated,
  account_suspended: suspended,
}
