import type { SystemEvent } from '#sut/contracts/events.ts'
import { accessesOf } from '../model/accesses.ts'
import { mayLieBetween } from '../model/clocks.ts'
import { duringFault } from './at-risk.ts'
import { verdictOf, type Check } from './check.ts'
import { ended, nameOf, linesOf, type Evidence, type Operation } from './evidence.ts'
import { attackOf, witnessOf } from './report.ts'

/**
 * Accounts, logins, sessions, limits and suspensions: whatever was acknowledged has its event, which says what was asked, and no event is
 * of what nobody asked for. Who relies on events (the audit trail, who settles limits) knows nothing else.
 */
export const actsTold: Check = {
  name: 'acts-told',
  title: 'What was done to an account is told as it was asked, and nothing else is',
  needs: ['history', 'state', 'rest'],
  dangers: [
    {
      name: 'acts_acknowledged',
      what: 'registrations, logins, logouts, sessions, limits, suspensions and reinstatements that were acknowledged',
      brought_about_by: 'every actor; careful and operator',
    },
    {
      name: 'acts_during_fault',
      what: 'those of them that were under way while a fault was at work',
      brought_about_by: 'every fault',
    },
    { name: 'acts_told', what: 'events of such acts, held against the requests', brought_about_by: 'every actor' },
  ],
  run({ state }, evidence) {
    const verdict = verdictOf('acts-told')
    const events = state.log.map(({ event }) => event)
    const bySubject = Map.groupBy(events, subjectOf)
    const acts = actsOf(evidence)
    const asked = Map.groupBy(acts, ({ act }) => subjectOf(act))
    for (const { operation, act } of acts) {
      if (!ended(operation, 'ok') || attackOf(operation) !== undefined) continue
      verdict.examine()
      verdict.exercise('acts_acknowledged')
      if (duringFault(evidence, operation)) verdict.exercise('acts_during_fault')
      const told = bySubject.get(subjectOf(act)) ?? []
      if (told.some((event) => says(event, { ...act.asked, ...act.told })) || changesNothing(operation, bySubject))
        continue
      const what =
        told.length === 0 ? 'no event tells of it' : `its events say ${told.slice(0, 3).map(saying).join(', ')}`
      verdict.violate(() => witnessOf(operation, `was acknowledged, and ${what}`, evidence, told))
    }
    for (const [operation, ends, told] of logoutsOf(events, evidence))
      if (told < ends)
        verdict.violate(() =>
          witnessOf(operation, `is the last of ${ends} logouts that were acknowledged, ${told} were told`, evidence),
        )
    const players = new Set(evidence.operations.map(({ player_id }) => player_id))
    for (const event of events) {
      if (!kinds.has(event.type) || !players.has(event.player_id)) continue
      verdict.examine()
      verdict.exercise('acts_told')
      const by = asked.get(subjectOf(event)) ?? []
      if (by.some((each) => canBe(event, each))) continue
      verdict.violate(() => ({
        text: `Event ${event.id} (${event.type}) of player ${event.player_id} says ${saying(event)}, and ${by.length === 0 ? 'nobody asked for that' : `${nameOf(by[0]!.operation)} asked for another thing, or at another time`}.`,
        operations: by.slice(0, 2).flatMap(({ operation }) => linesOf(operation)),
        entries: [event],
        fault: evidence.faultAt(event.occurred_at_ms),
      }))
    }
    return verdict.outcome()
  },
}

/** What an operation asks for, in the words of the event that tells of it. */
interface Act {
  type: SystemEvent['type']
  player_id: string
  /** Fields of the event that follow from the request. */
  asked: Readonly<Record<string, unknown>>
  /** And from its answer. Of an act that was sent again before it was answered, only one event has these. */
  told: Readonly<Record<string, unknown>>
}

interface Asked {
  operation: Operation
  act: Act
}

/** Who has no answer does not know who he is: the name says it, where another operation has learnt whose it is. */
function actsOf({ operations }: Evidence): Asked[] {
  const owners = new Map<unknown, string>()
  for (const { kind, invoke, end } of operations)
    if ((kind === 'login' || kind === 'register') && end?.type === 'ok')
      owners.set(invoke.value['name'], String(end.value['player_id']))
  return operations.flatMap((operation) => {
    const act = actOf(operation, owners)
    return act === undefined ? [] : [{ operation, act }]
  })
}

const kinds: ReadonlySet<string> = new Set<SystemEvent['type']>([
  'identity.player_registered',
  'identity.logged_in',
  'session.opened',
  'limit.changed',
  'player.excluded',
  'player.suspended',
  'player.reinstated',
])

function actOf({ kind, player_id, invoke, end }: Operation, owners: ReadonlyMap<unknown, string>): Act | undefined {
  const answer = end?.type === 'ok' ? end.value : {}
  const act = (type: Act['type'], asked: Act['asked'] = {}, told: Act['told'] = {}): Act => ({
    type,
    player_id,
    asked,
    told,
  })
  const told_id = answer['player_id'] ?? owners.get(invoke.value['name'])
  const himself = { player_id: typeof told_id === 'string' ? told_id : player_id }
  const only = (name: string, value: unknown): Record<string, unknown> => (value === undefined ? {} : { [name]: value })
  switch (kind) {
    case 'register':
      return { ...act('identity.player_registered'), ...himself }
    case 'login':
      return { ...act('identity.logged_in'), ...himself }
    case 'open_session':
      return act('session.opened', { game_id: invoke.value['game_id'] }, only('session_id', answer['session_id']))
    case 'set_limits':
      return act('limit.changed', { daily_loss_max_minor: invoke.value['daily_loss_max_minor'] ?? null })
    case 'self_exclude':
      return act('player.excluded', {}, only('until_ms', answer['excluded_until_ms']))
    case 'suspend':
    case 'reinstate': {
      const type = kind === 'suspend' ? 'player.suspended' : 'player.reinstated'
      return { ...act(type, { operator_id: player_id }), player_id: String(invoke.value['player_id']) }
    }
    default:
      return undefined
  }
}

const subjectOf = ({ type, player_id }: Pick<Act, 'type' | 'player_id'>): string => `${type} ${player_id}`

const says = (event: SystemEvent, fields: Act['asked']): boolean =>
  Object.entries(fields).every(([name, wanted]) => Reflect.get(event, name) === wanted)

const saying = (event: SystemEvent): string =>
  ['session_id', 'game_id', 'daily_loss_max_minor', 'until_ms', 'operator_id']
    .flatMap((name) => (name in event ? `${name} ${String(Reflect.get(event, name))}` : []))
    .join(' ') || event.type

/** Asked for what may have been so already: then there is nothing to tell. */
function changesNothing({ kind, invoke }: Operation, told: ReadonlyMap<string, readonly SystemEvent[]>): boolean {
  const player_id = String(invoke.value['player_id'])
  const suspended = told.has(subjectOf({ type: 'player.suspended', player_id }))
  // Somebody suspended him first, whoever asked again.
  if (kind === 'suspend') return suspended
  if (kind === 'reinstate') return !suspended || told.has(subjectOf({ type: 'player.reinstated', player_id }))
  return kind === 'set_limits' && invoke.value['daily_loss_max_minor'] === null
}

/** An operation that was not refused, and was under way when it is told to have happened. */
function canBe(event: SystemEvent, { operation: { invoke, end }, act }: Asked): boolean {
  if (end?.type === 'fail' || !says(event, act.asked)) return false
  return mayLieBetween(event.occurred_at_ms, invoke.at_ms, end?.type === 'ok' ? end.at_ms : Infinity)
}

/** By player: the last logout, how many logins were ended by one that was acknowledged, and how many ends were told. */
function logoutsOf(events: readonly SystemEvent[], evidence: Evidence): [Operation, ends: number, told: number][] {
  const { loginOf } = accessesOf(evidence)
  const logouts = evidence.operations.filter(
    (each) => each.kind === 'logout' && ended(each, 'ok') && loginOf(each) !== undefined,
  )
  const told = Map.groupBy(events, ({ type, player_id }) => (type === 'identity.logged_out' ? player_id : ''))
  return [...Map.groupBy(logouts, ({ player_id }) => player_id)].map(([player_id, own]) => [
    own.at(-1)!,
    new Set(own.map((each) => loginOf(each)!.root)).size,
    told.get(player_id)?.length ?? 0,
  ])
}
