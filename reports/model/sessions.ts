import type { StateOf } from '#sut/contracts/state.ts'
import { ended, type Evidence } from '../checks/evidence.ts'
import type { State } from '../record/record.ts'

// Game sessions, from the answers that opened them and from the events that tell of them.

export interface Session {
  session_id: string
  player_id: string
  game_id: string
  /** On the clients' clock: not before, and surely by. */
  from_ms: number
  known_ms: number
}

export interface Sessions {
  byId: ReadonlyMap<string, Session>
  /** Games that there are. */
  games: ReadonlySet<string>
}

export function sessionsOf(state: State, evidence: Evidence): Sessions {
  const byId = new Map<string, Session>()
  for (const line of state.log) {
    const opened = openedIn(line)
    if (opened !== undefined) byId.set(opened.session_id, opened)
  }
  for (const operation of evidence.operations) {
    if (operation.kind !== 'open_session' || !ended(operation, 'ok')) continue
    const { invoke, end, player_id } = operation
    const session_id = String(end!.value['session_id'])
    const game_id = String(end!.value['game_id'] ?? invoke.value['game_id'])
    const told = byId.get(session_id)
    byId.set(session_id, {
      session_id,
      player_id: told?.player_id ?? player_id,
      game_id: told?.game_id ?? game_id,
      from_ms: invoke.at_ms,
      known_ms: end!.at_ms,
    })
  }
  return { byId, games: new Set(state.game.map(({ game_id }) => game_id)) }
}

function openedIn({ event }: StateOf<'log'>): Session | undefined {
  if (event.type !== 'session.opened') return undefined
  const { session_id, player_id, game_id } = event
  return { session_id, player_id, game_id, from_ms: -Infinity, known_ms: Infinity }
}
