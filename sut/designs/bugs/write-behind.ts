import type { Clock } from '#lib/clock.ts'
import { textOf } from '#lib/errors.ts'
import { newId } from '#lib/random.ts'
import { pause } from '#lib/wait.ts'
import type { TransferAnswer, TransferRequest } from '#sut/contracts/bodies.ts'
import { Problem } from '#sut/contracts/problems.ts'
import type { LedgerPart } from '../parts.ts'

// The planted bug ack-before-commit: a write-behind cache in front of the ledger, quick and wrong.
//
//   transfer ──► balance in memory ──► answer          … 250 ms …          ──► ledger (batch)
//
// Wrong because a kill in between loses what was answered, and because each instance has its own memory.
export const write_behind_ms = 250
const tick_ms = 25
const give_up_ms = 10_000
const pending_max = 10_000

interface Pending {
  request: TransferRequest
  dedupe_key: string
  answer: TransferAnswer
  due_ms: number
}
/** What this instance believes of a player while it still has something to write for him. */
interface Belief {
  balance: bigint
  held: bigint
  version: number
  pending: Pending[]
}
export interface WriteBehind extends LedgerPart {
  pending(): number
  /** Writes what is due, again and again, until the signal aborts. */
  run(signal: AbortSignal): Promise<void>
  /** Writes everything now, due or not. */
  flush(): Promise<void>
}

export function writeBehind(ledger: LedgerPart, clock: Clock, lost: (text: string) => void): WriteBehind {
  const beliefs = new Map<string, Belief>()
  const pendingOf = (): Pending[] => [...beliefs.values()].flatMap((belief) => belief.pending)

  /** In order; stops at the first that the ledger refuses, since its bet may be on the way through another instance. */
  const write = async (player_id: string, until_ms: number): Promise<void> => {
    const belief = beliefs.get(player_id)
    for (const item of belief?.pending.filter((each) => each.due_ms <= until_ms) ?? []) {
      try {
        await ledger.transfer(item.request, item.answer.transfer_id)
      } catch (error) {
        if (clock.monotonic_ms() < item.due_ms + give_up_ms) return
        lost(`transfer ${item.answer.transfer_id} was answered and is lost: ${textOf(error)}`)
      }
      belief!.pending = belief!.pending.filter((each) => each !== item)
    }
    if (belief?.pending.length === 0) beliefs.delete(player_id)
  }
  const writeAll = async (until_ms: number): Promise<void> => {
    await Promise.all([...beliefs.keys()].map((player_id) => write(player_id, until_ms)))
  }

  const believe = async (player_id: string): Promise<Belief> => {
    const known = beliefs.get(player_id)
    if (known !== undefined) return known
    const { balance_minor, held_minor, version } = await ledger.balance(player_id)
    const fresh = beliefs.get(player_id) ?? {
      balance: BigInt(balance_minor),
      held: BigInt(held_minor),
      version,
      pending: [],
    }
    beliefs.set(player_id, fresh)
    return fresh
  }

  return {
    dedupeKey: ledger.dedupeKey,
    has: (dedupe_key) => ledger.has(dedupe_key),
    async transfer(request) {
      const dedupe_key = ledger.dedupeKey(request.key)
      const same = beliefs.get(request.player_id)?.pending.find((item) => item.dedupe_key === dedupe_key)
      if (same !== undefined) return { ...same.answer, replayed: true }
      if (request.kind === 'rollback') await write(request.player_id, Infinity)
      if (request.kind === 'rollback' || (await ledger.has(dedupe_key))) return await ledger.transfer(request)
      if (pendingOf().length >= pending_max) throw new Problem('unavailable', 'too much is waiting to be written')

      const belief = await believe(request.player_id)
      const amount = BigInt(request.amount_minor)
      const out = request.kind === 'bet' || request.kind === 'withdrawal'
      const balance = belief.balance + (out ? -amount : amount)
      if (out && balance < belief.held)
        throw new Problem('insufficient_funds', 'the balance is too low for this transfer')
      belief.balance = balance
      belief.version += 1
      const answer = {
        transfer_id: newId(),
        balance_minor: Number(balance),
        version: belief.version,
        replayed: false,
      }
      belief.pending.push({ request, dedupe_key, answer, due_ms: clock.monotonic_ms() + write_behind_ms })
      return answer
    },
    async balance(player_id) {
      const belief = beliefs.get(player_id)
      if (belief === undefined) return await ledger.balance(player_id)
      const { balance, held, version } = belief
      return {
        balance_minor: Number(balance),
        held_minor: Number(held),
        available_minor: Number(balance - held),
        version,
      }
    },
    pending: () => pendingOf().length,
    async run(signal) {
      while (!signal.aborted) {
        await writeAll(clock.monotonic_ms())
        await pause(tick_ms)
      }
    },
    flush: () => writeAll(Infinity),
  }
}
