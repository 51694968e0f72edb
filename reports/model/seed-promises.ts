import { askedBy, spinsFor } from './askers.ts'
import { ended, type Evidence, type Operation } from '../checks/evidence.ts'
import type { State } from '../record/record.ts'

// A house that may exchange a seed between its promise and its use can choose outcomes. What players were told of seeds:
//
//   seed, rotate_seed ──► after this seed comes that one: each has one that follows, each follows one, and each is of one player
//   seed, spins       ──► this seed is in force: no other, until somebody ends it

export interface Broken {
  operation: Operation
  what: string
  others: Operation[]
}

interface Promise {
  hash: string
  next: string
  by: Operation
}

const textIn = (value: unknown, name: string): string => {
  const found = typeof value === 'object' && value !== null ? (Reflect.get(value, name) as unknown) : undefined
  return typeof found === 'string' ? found : ''
}

function promisesIn(operation: Operation): Promise[] {
  const { value } = operation.end!
  const after = (hash: string, next: string): Promise => ({ hash, next, by: operation })
  const following = (seed: unknown) => after(textIn(seed, 'server_seed_hash'), textIn(seed, 'next_server_seed_hash'))
  if (operation.kind === 'seed') return [following(value)]
  const { revealed, next } = value
  return [after(textIn(revealed, 'server_seed_hash'), textIn(next, 'server_seed_hash')), following(next)]
}

const tells = ({ kind }: Operation): boolean => kind === 'seed' || kind === 'rotate_seed'

/** Promises that contradict one another, in the order of the operations. */
export function brokenPromises({ operations }: Evidence): Broken[] {
  const broken: Broken[] = []
  const next = new Map<string, Promise>()
  const before = new Map<string, Promise>()
  const owner = new Map<string, Operation>()
  const against = (operation: Operation, what: string, other: Operation): void =>
    void broken.push({ operation, what, others: other === operation ? [] : [other] })
  for (const operation of operations) {
    if (!tells(operation) || !ended(operation, 'ok')) continue
    for (const promise of promisesIn(operation)) {
      if (promise.hash === '' || promise.next === '') continue
      const [told, other] = [next.get(promise.hash), before.get(promise.next)]
      if (told !== undefined && told.next !== promise.next)
        against(
          operation,
          `was told that ${promise.next} follows the seed ${promise.hash}, and ${told.next} had been promised`,
          told.by,
        )
      else if (other !== undefined && other.hash !== promise.hash)
        against(
          operation,
          `was promised the seed ${promise.next}, which had been promised after ${other.hash}`,
          other.by,
        )
      for (const hash of [promise.hash, promise.next]) {
        const first = owner.get(hash)
        if (first !== undefined && first.player_id !== operation.player_id)
          against(operation, `was promised the seed ${hash} of another player`, first)
        owner.set(hash, first ?? operation)
      }
      next.set(promise.hash, told ?? promise)
      before.set(promise.next, other ?? promise)
    }
  }
  return broken
}

/** So many rounds end a seed by themselves, as the platform promises it: then nothing is known of which is in force. */
const rounds_per_seed_max = 1000

interface Sight {
  hash: string
  from_ms: number
  to_ms: number
  by: Operation
}

/** Seeds that changed though nobody had ended one. */
export function exchangedSeeds(state: State, evidence: Evidence): Broken[] {
  const sights = new Map<string, Sight[]>()
  const see = (player_id: string, sight: Sight): void => {
    if (sight.hash !== '') sights.set(player_id, [...(sights.get(player_id) ?? []), sight])
  }
  for (const round of state.round) {
    const { by, from_ms, known_ms } = askedBy(spinsFor(round, evidence))
    if (by.length > 0 && Number.isFinite(known_ms))
      see(round.player_id, { hash: round.server_seed_hash, from_ms, to_ms: known_ms, by: by[0]! })
  }
  for (const operation of evidence.operations)
    if (operation.kind === 'seed' && ended(operation, 'ok')) {
      const { invoke, end, player_id } = operation
      see(player_id, {
        hash: textIn(end!.value, 'server_seed_hash'),
        from_ms: invoke.at_ms,
        to_ms: end!.at_ms,
        by: operation,
      })
    }
  const rotations = Map.groupBy(
    evidence.operations.filter((each) => each.kind === 'rotate_seed' && !ended(each, 'fail')),
    ({ player_id }) => player_id,
  )
  return [...sights].flatMap(([player_id, own]) => exchanged(own, rotations.get(player_id) ?? []))
}

function exchanged(sights: readonly Sight[], rotations: readonly Operation[]): Broken[] {
  if (sights.length >= rounds_per_seed_max) return []
  const found: Broken[] = []
  let before: Sight | undefined
  for (const sight of sights.toSorted((one, other) => one.from_ms - other.from_ms)) {
    if (before !== undefined && before.to_ms >= sight.from_ms) continue
    const last = before
    before = sight
    if (last === undefined || last.hash === sight.hash) continue
    if (rotations.some(({ invoke, end }) => invoke.at_ms <= sight.to_ms && (end?.at_ms ?? Infinity) >= last.from_ms))
      continue
    const what = `has the seed ${sight.hash}, after ${last.hash}, which nobody had ended`
    found.push({ operation: sight.by, what, others: [last.by] })
  }
  return found
}
