import { lackingIn } from '../model/api-successes.ts'
import { verdictOf, type Check } from './check.ts'
import { ended, type Evidence, type Operation } from './evidence.ts'
import { attackOf, witnessOf } from './report.ts'

/** Every success has each field that the API promises for it, and is about whom and what was asked. */
export const answersWhole: Check = {
  name: 'answers-whole',
  title: 'Every success is whole, and about what was asked',
  needs: ['history'],
  dangers: [
    {
      name: 'successes_read',
      what: 'answers of success, held field by field against what the API promises',
      brought_about_by: 'every actor',
    },
    {
      name: 'logins_by_name',
      what: 'logins with a name that was registered in this run: they must be of the player who has it',
      brought_about_by: 'every actor, before the first request of a player',
    },
    {
      name: 'names_that_must_differ',
      what: 'players, sessions, payouts and rounds that were given a name: each must be a new one',
      brought_about_by: 'every actor',
    },
  ],
  run(_record, evidence) {
    const verdict = verdictOf('answers-whole')
    const owners = ownersOf(evidence)
    const given = new Map<string, Operation>()
    for (const operation of evidence.operations) {
      if (!ended(operation, 'ok') || attackOf(operation) !== undefined) continue
      const { kind, end } = operation
      verdict.examine()
      verdict.exercise('successes_read')
      const lacking = lackingIn(kind, end!.value)
      if (lacking !== null) {
        const what = `was answered ${lacking} ${JSON.stringify(end!.value[lacking])?.slice(0, 80) ?? 'not at all'}, which is not what the API promises`
        verdict.violate(() => witnessOf(operation, what, evidence))
        continue
      }
      const owner = kind === 'login' ? owners.get(String(operation.invoke.value['name'])) : undefined
      if (owner !== undefined) verdict.exercise('logins_by_name')
      const other = aboutAnother(operation, owner)
      if (other !== null)
        verdict.violate(() => witnessOf(operation, other, evidence, [], owner === undefined ? [] : [owner]))
      const name = names[kind]
      if (name === undefined) continue
      verdict.exercise('names_that_must_differ')
      const id = `${name} ${String(end!.value[name])}`
      const first = given.get(id)
      if (first === undefined) given.set(id, operation)
      else if (!sameRequest(first, operation))
        verdict.violate(() => witnessOf(operation, `was given ${id}, which another request has`, evidence, [], [first]))
    }
    return verdict.outcome()
  },
}

/** What a success of these kinds brings into being. */
const names: Readonly<Record<string, string>> = {
  register: 'player_id',
  open_session: 'session_id',
  deposit: 'transfer_id',
  withdraw: 'transfer_id',
  ask_payout: 'payout_id',
  spin: 'round_id',
}

/** One key, one effect: several operations that share it are given the same. */
const sameRequest = (one: Operation, other: Operation): boolean =>
  one.key !== undefined && one.key === other.key && one.player_id === other.player_id && one.kind === other.kind

/** The registration that each name is of. */
function ownersOf({ operations }: Evidence): ReadonlyMap<string, Operation> {
  const registered = operations.filter(
    (operation) => operation.kind === 'register' && ended(operation, 'ok') && attackOf(operation) === undefined,
  )
  return new Map(registered.map((operation) => [String(operation.invoke.value['name']), operation]))
}

function aboutAnother({ kind, player_id, invoke, end }: Operation, owner: Operation | undefined): string | null {
  const { value } = end!
  const differs = (field: string, wanted: unknown): string | null =>
    wanted === undefined || value[field] === wanted
      ? null
      : `was answered ${field} ${JSON.stringify(value[field])}, and is about ${JSON.stringify(wanted)}`
  switch (kind) {
    case 'login':
      return differs('player_id', owner?.end!.value['player_id'] ?? player_id)
    case 'register':
    case 'refresh':
      return differs('player_id', player_id)
    case 'suspend':
    case 'reinstate':
      return differs('player_id', invoke.value['player_id'])
    case 'open_session':
      return differs('game_id', invoke.value['game_id'])
    case 'reality_check':
      return differs('session_id', invoke.value['session_id'])
    case 'payout':
    case 'confirm_payout':
    case 'cancel_payout':
      return differs('payout_id', invoke.value['payout_id'])
    default:
      return null
  }
}
