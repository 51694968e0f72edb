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

interface Promised {
  hash: string
  next: string
  by: Operation
}

const textIn = (value: unknown, name: string): string => {
  const found = typeof value === 'object' && value !== null ? (Reflect.get(value, name) as unknown) : undefined
  return typeof found === 'string' ? found : ''
}

function promisesIn(operation: Operation): Promised[] {
  const { value } = operation.end!
  const after = (hash: string, next: string): Promised => ({ hash, next, by: operation })
  const following = (seed: unknown) => after(textIn(seed, 'server_seed_hash'), textIn(seed, 'next_server_seed_hash'))
  if (operation.kind === 'seed') return [following(value)]
  const { revealed, next } = value
  return [after(textIn(revealed, 'server_seed_hash'), textIn(next, 'server_seed_hash')), following(next)]
}

const tells = ({ kind }: Operation): boolean => kind === 'seed' || kind === 'rotate_seed'

/** Promises that contradict one another, in the order of the operations. */
export function brokenPromises({ operations }: Evidence): Broken[] {
  const broken: Broken[] = []
  const next = new Map<string, Promised>()
  const before = new Map<string, Promised>()
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

interface Sight {
  player_id: string
  hash: string
  from_ms: number
  to_ms: number
  by: Operation
}

/** Seeds that changed though nobody had ended one. One that served `rounds_per_seed_max` rounds ends by itself. */
export function exchangedSeeds(state: State, evidence: Evidence, rounds_per_seed_max: number): Broken[] {
  const used = Map.groupBy(state.round, ({ server_seed_hash }) => server_seed_hash)
  const isUsedUp = (hash: string): boolean => (used.get(hash)?.length ?? 0) >= rounds_per_seed_max
  const sights: Sight[] = []
  for (const round of state.round) {
    const { by, from_ms, known_ms } = askedBy(spinsFor(round, evidence))
    const { player_id, server_seed_hash: hash } = round
    if (by.length > 0 && Number.isFinite(known_ms))
      sights.push({ player_id, hash, from_ms, to_ms: known_ms, by: by[0]! })
  }
  for (const operation of evidence.operations) {
    if (operation.kind !== 'seed' || !ended(operation, 'ok')) continue
    const { invoke, end, player_id } = operation
    const hash = textIn(end!.value, 'server_seed_hash')
    sights.push({ player_id, hash, from_ms: invoke.at_ms, to_ms: end!.at_ms, by: operation })
  }
  const rotations = Map.groupBy(
    evidence.operations.filter((each) => each.kind === 'rotate_seed' && !ended(each, 'fail')),
    ({ player_id }) => player_id,
  )
  return [...Map.groupBy(sights, ({ player_id }) => player_id)].flatMap(([player_id, own]) =>
    exchanged(own, rotations.get(player_id) ?? [], isUsedUp),
  )
}

function exchanged(
  sights: readonly Sight[],
  rotations: readonly Operation[],
  isUsedUp: (hash: string) => boolean,
): Broken[] {
  const found: Broken[] = []
  let before: Sight | undefined
  for (const sight of sights.toSorted((one, other) => one.from_ms - other.from_ms)) {
    if (before !== undefined && before.to_ms >= sight.from_ms) continue
    const last = before
    before = sight
    if (last === undefined || last.hash === sight.hash || isUsedUp(last.hash)) continue
    if (rotations.some(({ invoke, end }) => invoke.at_ms <= sight.to_ms && (end?.at_ms ?? Infinity) >= last.from_ms))
      continue
    const what = `has the seed ${sight.hash}, after ${last.hash}, which nobody had ended`
    found.push({ operation: sight.by, what, others: [last.by] })
  }
  return found
}
