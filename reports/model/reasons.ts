import { ended, payoutOf, playerKey, type Operation } from '../checks/evidence.ts'
import { askedBy, spinsFor } from './askers.ts'
import { careReasons } from './care-reasons.ts'
import { fundsReason } from './funds.ts'
import { clocks_apart_ms } from './held.ts'
import { loginReasons } from './login-reasons.ts'
import { endOf, mayHaveHappened, ofPlayer, when, type Reason } from './scene.ts'

// Why an operation may have been refused: for each code a condition that must have held at some moment between its invocation and its
// answer, if the refusal was right. Conditions are necessary, not sufficient: where the record allows several orders, one is enough.

/** Asked under one key before this one was answered, with another request. */
const conflict: Reason = (operation, { evidence }) => {
  const same = evidence.operationsByKey.get(playerKey(operation.player_id, operation.key ?? '')) ?? []
  const asks = ({ kind, invoke }: Operation): string =>
    JSON.stringify([kind, Object.entries(invoke.value).toSorted(([one], [two]) => (one < two ? -1 : 1))])
  const other = same.some((each) => each.invoke.at_ms <= endOf(operation) && asks(each) !== asks(operation))
  return when(other, 'nobody had used its key for anything else')
}

const endedAs =
  (status: 'captured' | 'released' | 'expired'): Reason =>
  (operation, { evidence }) => {
    const hold = evidence.holdById.get(payoutOf(operation))
    if (status === 'expired' && hold !== undefined && hold.expires_at_ms <= endOf(operation) + clocks_apart_ms)
      return null
    if (hold?.status !== status) return `its hold is ${hold?.status ?? 'not there'}`
    const kind = status === 'captured' ? 'confirm_payout' : 'cancel_payout'
    const endings = (evidence.endingsByHold.get(hold.hold_id) ?? []).filter((each) => each.kind === kind)
    return when(status === 'expired' || askedBy(endings).from_ms <= endOf(operation), `nobody had asked for that yet`)
  }

const sessionEnded: Reason = (operation, scene) => {
  const session = scene.sessions.byId.get(sessionIn(operation))
  if (session === undefined) return 'nobody was given its session'
  const age_ms = endOf(operation) - session.from_ms
  if (age_ms > scene.platform.session_ms_max) return null
  const later = ofPlayer(operation, 'open_session', scene).filter(
    (other) => mayHaveHappened(other, endOf(operation)) && endOf(other) > session.from_ms,
  )
  return when(later.length > scene.platform.open_sessions_max, 'nothing had ended its session')
}

export const sessionIn = ({ invoke }: Operation): string => String(invoke.value['session_id'])

const realityCheckDue: Reason = (operation, { sessions, platform }) => {
  const session = sessions.byId.get(sessionIn(operation))
  const due = session !== undefined && endOf(operation) - session.from_ms >= platform.reality_check_ms
  return when(due, 'its session had not lasted that long')
}

const notThere: Reason = (operation, { evidence, sessions }) => {
  const { kind, player_id, invoke } = operation
  if (kind === 'spin' || kind === 'reality_check') {
    const session = sessions.byId.get(sessionIn(operation))
    return when(session === undefined || session.known_ms >= invoke.at_ms, 'its session had been opened')
  }
  if (kind === 'open_session') return when(!sessions.games.has(String(invoke.value['game_id'])), 'there is such a game')
  if (kind === 'confirm_payout' || kind === 'cancel_payout' || kind === 'payout') {
    const hold = evidence.holdById.get(payoutOf(operation))
    return when(hold === undefined || hold.player_id !== player_id, 'the player has that payout')
  }
  if (kind === 'proof') {
    const round = evidence.roundById.get(String(invoke.value['round_id']))
    return when(round === undefined || round.player_id !== player_id, 'the player has that round')
  }
  return when(kind === 'suspend' || kind === 'reinstate', 'there is nothing that it could have missed')
}

const roundOpen: Reason = ({ kind, player_id, invoke, end }, { evidence, record }) => {
  const to_ms = end?.at_ms ?? Infinity
  const open = record.state.round.some(
    (round) =>
      round.player_id === player_id &&
      (kind !== 'proof' || round.round_id === invoke.value['round_id']) &&
      spinsFor(round, evidence).some(
        (spin) => spin.invoke.at_ms <= to_ms && !(ended(spin, 'ok') && endOf(spin) < invoke.at_ms),
      ),
  )
  return when(open, 'no round of the player can have been open')
}

const roundCancelled: Reason = ({ player_id, key }, { evidence }) => {
  const rounds = evidence.roundsByKey.get(playerKey(player_id, key ?? '')) ?? []
  return when(
    rounds.some(({ status }) => status === 'cancelled' || status === 'cancelling'),
    `its round is ${rounds[0]?.status ?? 'not there'}`,
  )
}

const forbidden: Reason = (operation, { sessions }) => {
  const session = sessions.byId.get(sessionIn(operation))
  return when(session !== undefined && session.player_id !== operation.player_id, 'it is what this role may do')
}

const stakeRefused: Reason = ({ invoke }, { platform, record }) => {
  const stake = Number(invoke.value['stake_minor'])
  const most = Math.max(1, ...record.state.game.flatMap(({ pays }) => Object.values(pays)))
  return when(
    stake > platform.stake_max_minor || stake * most > platform.transfer_max_minor,
    `a stake of ${stake} is allowed`,
  )
}

const nameTaken: Reason = (operation, { record, byPlayer }) => {
  // Its own first attempt, whose answer was lost, may have taken the name: then the player is registered.
  const told = record.state.log.some(({ event }) => event.type === 'identity.player_registered')
  const others = [...byPlayer.values()].flat().some((other) => other !== operation && other.kind === 'register')
  return when(told || others, 'nobody was registered')
}

const tooMany: Reason = (operation, { rates, platform }) =>
  when(
    rates.most(operation, platform.rate_window_ms) * platform.attempts_max >= platform.rate_spins,
    'nobody had asked that often',
  )

/** What says that nobody served the request: how often is a matter of the service level, not of a reason. */
const ours = ['unavailable', 'deadline_exceeded', 'request_timeout', 'internal', 'unreadable', '']
export const unserved: ReadonlySet<string> = new Set(ours)

export const reasons: Readonly<Record<string, Reason>> = {
  insufficient_funds: fundsReason,
  ...careReasons,
  idempotency_conflict: conflict,
  hold_captured: endedAs('captured'),
  hold_released: endedAs('released'),
  hold_expired: endedAs('expired'),
  session_ended: sessionEnded,
  reality_check_due: realityCheckDue,
  not_found: notThere,
  round_open: roundOpen,
  round_cancelled: roundCancelled,
  rolled_back: roundCancelled,
  ...loginReasons,
  forbidden,
  stake_refused: stakeRefused,
  name_taken: nameTaken,
  too_many_requests: tooMany,
  spins_too_fast: tooMany,
  abuse_suspected: tooMany,
}
