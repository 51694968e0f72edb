import { ended, type Evidence, type Operation } from '../checks/evidence.ts'

// Logins and what ends them. Each login or refresh gives a token and one refresh token; an operation says in `login` whose token it used,
// a refresh whose refresh token. All that follow from one login end together.

export interface Login {
  root: string
  player_id: string
  /** The operations that ask for its end, and those whose refusal shows that a refresh token was used a second time. */
  ends: Operation[]
}

export interface Accesses {
  /** Of the login that an operation belongs to; undefined: its line does not say, or there is none. */
  loginOf: (operation: Operation) => Login | undefined
  /** Suspensions and reinstatements, by the player whom they are about, in the order in which they were asked. */
  suspensions: ReadonlyMap<string, Operation[]>
}

/** The operation whose token, or refresh token, this one used. */
export const tokenOf = ({ invoke, end }: Operation): string | undefined => invoke.login ?? end?.login

export function accessesOf({ operations }: Evidence): Accesses {
  const byId = new Map(operations.map((operation) => [operation.id, operation]))
  const roots = new Map<string, string>()
  const rootOf = (id: string): string => {
    const path: string[] = []
    let current = id
    // A chain is as long as there are operations, at most: a circle ends it, too.
    while (!roots.has(current) && path.length <= byId.size) {
      const operation = byId.get(current)
      const before = operation?.kind === 'refresh' ? tokenOf(operation) : undefined
      path.push(current)
      if (before === undefined || before === current) break
      current = before
    }
    const root = roots.get(current) ?? current
    for (const each of path) roots.set(each, root)
    return root
  }
  const logins = new Map<string, Login>()
  const loginOf = (operation: Operation): Login | undefined => {
    const token = tokenOf(operation)
    if (token === undefined) return undefined
    const root = rootOf(token)
    const known = logins.get(root) ?? { root, player_id: operation.player_id, ends: [] }
    logins.set(root, known)
    return known
  }
  for (const operation of operations) if (operation.kind === 'logout') loginOf(operation)?.ends.push(operation)
  for (const operation of secondUses(operations)) loginOf(operation)?.ends.push(operation)
  const changes = operations.filter(({ kind }) => kind === 'suspend' || kind === 'reinstate')
  return { loginOf, suspensions: Map.groupBy(changes, ({ invoke }) => String(invoke.value['player_id'])) }
}

/** Refreshes of a token that another one, which was answered before, had used up. */
function secondUses(operations: readonly Operation[]): Operation[] {
  const refreshes = operations.filter((each) => each.kind === 'refresh' && tokenOf(each) !== undefined)
  const found: Operation[] = []
  for (const same of Map.groupBy(refreshes, (each) => tokenOf(each)!).values()) {
    const first_ms = Math.min(...same.map((each) => (ended(each, 'ok') ? each.end!.at_ms : Infinity)))
    for (const each of same)
      if (each.invoke.at_ms > first_ms || (ended(each, 'fail') && same.length > 1)) found.push(each)
  }
  return found
}
