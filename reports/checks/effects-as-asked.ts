import type { StateOf } from '#sut/contracts/state.ts'
import { askedBy, endsOf } from '../model/askers.ts'
import { clocks_differ_ms, mayLieBetween } from '../model/clocks.ts'
import { sessionsOf, type Sessions } from '../model/sessions.ts'
import { verdictOf, type Check } from './check.ts'
import { captureKey, depositKey, ended, payoutKey, payoutOf, playerKey } from './evidence.ts'
import type { Evidence, Operation } from './evidence.ts'
import { attackOf, witnessOf } from './report.ts'

type Line = StateOf<'transfer' | 'round' | 'hold'>
/** What is wrong, and the lines of the books that say so; null: nothing. */
type Finding = { what: string; entries: Line[] } | null

/** What the books have under the key of a request is what was asked, and every acknowledgement shows what the books have. */
export const effectsAsAsked: Check = {
  name: 'effects-as-asked',
  title: 'What was done is what was asked, and what was answered',
  about_money: true,
  needs: ['history', 'state'],
  dangers: [
    {
      name: 'requests_with_effect',
      what: 'requests whose effect is in the books, held against amount, stake, client seed and session as sent',
      brought_about_by: 'every actor that moves money',
    },
    {
      name: 'answers_with_effect',
      what: 'acknowledgements held against the books, field by field',
      brought_about_by: 'every actor that moves money',
    },
  ],
  run(record, evidence) {
    const verdict = verdictOf('effects-as-asked')
    const sessions = sessionsOf(record.state, evidence)
    for (const operation of evidence.operations) {
      const judge = judges[operation.kind]
      if (judge === undefined || attackOf(operation) !== undefined) continue
      const effects = judge.effects(operation, evidence)
      if (effects.length === 0) continue
      verdict.examine()
      verdict.exercise('requests_with_effect')
      const acknowledged = ended(operation, 'ok')
      // Of several operations with one key the first has the effect: what differs from it is refused, or has no answer.
      const asked = acknowledged ? [operation] : judge.same(operation, evidence)
      const found =
        unasked(asked, effects, judge, sessions) ??
        (acknowledged ? judge.answered(operation, effects, evidence) : null) ??
        atAnotherTime(operation, judge.same(operation, evidence), effects)
      if (acknowledged) verdict.exercise('answers_with_effect')
      if (found !== null) verdict.violate(() => witnessOf(operation, found.what, evidence, found.entries))
    }
    return verdict.outcome()
  },
}

/** For one kind of operation. */
interface Judge {
  effects(operation: Operation, evidence: Evidence): readonly Line[]
  /** Operations that may have had this effect as well. */
  same(operation: Operation, evidence: Evidence): readonly Operation[]
  /** The first thing in which an effect is not what this operation asks for. */
  differs(operation: Operation, effect: Line, sessions: Sessions): string | null
  answered(operation: Operation, effects: readonly Line[], evidence: Evidence): Finding
}

function unasked(asked: readonly Operation[], effects: readonly Line[], judge: Judge, sessions: Sessions): Finding {
  for (const effect of effects) {
    const found = asked.map((each) => judge.differs(each, effect, sessions))
    if (found.every((what) => what !== null)) return { what: `asked for ${found[0]}`, entries: [effect] }
  }
  return null
}

/** An effect is as old as its request says: not made before anybody asked for it, nor after it was acknowledged. */
function atAnotherTime({ kind, end }: Operation, same: readonly Operation[], effects: readonly Line[]): Finding {
  const { from_ms } = askedBy(same)
  const to_ms = end?.type === 'ok' ? end.at_ms : Infinity
  for (const effect of effects) {
    const at_ms = madeAt(effect, kind)
    if (at_ms === null || mayLieBetween(at_ms, from_ms, to_ms)) continue
    const [what, apart_ms] =
      at_ms < from_ms ? ['before it was asked', from_ms - at_ms] : ['after its answer', at_ms - to_ms]
    const by = `${Math.round(apart_ms / 1000)} s; clocks may differ by ${clocks_differ_ms / 1000} s`
    return { what: `was done ${what}, says the ledger, by ${by}`, entries: [effect] }
  }
  return null
}

/** When this effect of an operation came about; null: the books do not say, or the system chose the time. */
function madeAt(effect: Line, kind: string): number | null {
  if (effect.kind === 'round' || (effect.kind === 'transfer' && systemsOwn.has(effect.transfer_kind))) return null
  if (effect.kind === 'hold' && kind === 'cancel_payout')
    return effect.status === 'released' ? effect.ended_at_ms : null
  return effect.created_at_ms
}

/** What the system does by itself, when it does. */
const systemsOwn: ReadonlySet<string> = new Set(['rollback', 'tombstone'])

const sameKey = ({ kind, player_id, key }: Operation, { operationsByKey }: Evidence): readonly Operation[] =>
  (operationsByKey.get(playerKey(player_id, key ?? '')) ?? []).filter((other) => other.kind === kind)

const lineOf = <Kind extends Line['kind']>(effect: Line, kind: Kind): Extract<Line, { kind: Kind }> | undefined =>
  effect.kind === kind ? (effect as Extract<Line, { kind: Kind }>) : undefined

/** The first of these fields in which an answer is not what it should be. A field that an answer does not have is not compared. */
function fieldsOf(
  value: Record<string, unknown>,
  expected: Record<string, unknown>,
  entries: readonly Line[],
): Finding {
  for (const [name, wanted] of Object.entries(expected)) {
    if (!(name in value) || JSON.stringify(value[name]) === JSON.stringify(wanted)) continue
    const what = `was told ${name} ${shown(value[name])}, the books have ${shown(wanted)}`
    return { what, entries: [...entries] }
  }
  return null
}
const shown = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing'))

function moved(kind: 'deposit' | 'withdrawal'): Judge {
  const keyOf = ({ player_id, key }: Operation): string =>
    kind === 'deposit' ? depositKey(player_id, key ?? '') : `withdrawal:${player_id}:${key}`
  return {
    effects: (operation, { transfersByKey }) => transfersByKey.get(keyOf(operation)) ?? [],
    same: sameKey,
    differs({ invoke: { value }, player_id }, effect) {
      const transfer = lineOf(effect, 'transfer')
      if (transfer === undefined) return null
      if (transfer.amount_minor !== value['amount_minor'])
        return `${shown(value['amount_minor'])}, the ledger has ${transfer.amount_minor}`
      if (transfer.transfer_kind !== kind) return `a ${kind}, the ledger has a ${transfer.transfer_kind}`
      return transfer.player_id === player_id
        ? null
        : `money of ${player_id}, the ledger moved that of ${transfer.player_id}`
    },
    answered: ({ end }, effects) => {
      const ids = effects.flatMap((effect) => lineOf(effect, 'transfer')?.transfer_id ?? [])
      return ids.includes(String(end!.value['transfer_id']))
        ? null
        : fieldsOf(end!.value, { transfer_id: ids[0] }, effects)
    },
  }
}

const spins: Judge = {
  effects: ({ player_id, key }, { roundsByKey, transfersByRound }) =>
    (roundsByKey.get(playerKey(player_id, key ?? '')) ?? []).flatMap((round) => [
      round,
      ...(transfersByRound.get(round.round_id) ?? []),
    ]),
  same: sameKey,
  differs({ invoke: { value }, player_id }, effect, sessions) {
    const round = lineOf(effect, 'round')
    if (round === undefined) {
      const transfer = lineOf(effect, 'transfer')!
      if (transfer.player_id !== player_id)
        return `a spin of ${player_id}, the ledger moved money of ${transfer.player_id}`
      const staked = transfer.transfer_kind !== 'win' && transfer.amount_minor !== value['stake_minor']
      return staked
        ? `a stake of ${shown(value['stake_minor'])}, its ${transfer.transfer_kind} has ${transfer.amount_minor}`
        : null
    }
    for (const name of ['stake_minor', 'client_seed', 'session_id'] as const)
      if (name in value && round[name] !== value[name])
        return `${name} ${shown(value[name])}, round ${round.round_id} has ${round[name]}`
    const game_id = sessions.byId.get(round.session_id)?.game_id
    return game_id === undefined || game_id === round.game_id
      ? null
      : `a round of ${game_id}, the game of its session, round ${round.round_id} is one of ${round.game_id}`
  },
  answered({ end }, effects, { roundById }) {
    const { value } = end!
    const told = roundById.get(String(value['round_id']))
    const round = told ?? lineOf(effects[0]!, 'round')
    if (round === undefined) return null
    const { round_id, status, stops, stake_minor, win_minor, server_seed_hash, nonce } = round
    return fieldsOf(value, { round_id, status, stops, stake_minor, win_minor, server_seed_hash, nonce }, [round])
  },
}

const payouts: Judge = {
  effects: ({ player_id, key }, { holdByKey }) => [holdByKey.get(payoutKey(player_id, key ?? '')) ?? []].flat(),
  same: sameKey,
  differs({ invoke: { value } }, effect) {
    const hold = lineOf(effect, 'hold')
    return hold === undefined || hold.amount_minor === value['amount_minor']
      ? null
      : `a payout of ${shown(value['amount_minor'])}, hold ${hold.hold_id} has ${hold.amount_minor}`
  },
  answered({ end }, effects) {
    const { hold_id: payout_id, amount_minor, expires_at_ms } = lineOf(effects[0]!, 'hold')!
    return fieldsOf(end!.value, { payout_id, amount_minor, expires_at_ms: Math.round(expires_at_ms) }, effects)
  },
}

/** Confirmed: captured whole. */
const confirms: Judge = {
  effects: (operation, { transfersByKey }) => transfersByKey.get(captureKey(payoutOf(operation))) ?? [],
  same: (operation, evidence) => endsOf(payoutOf(operation), 'confirm_payout', evidence),
  differs: () => null,
  answered(operation, effects, { holdById }) {
    const hold = holdById.get(payoutOf(operation))
    const { transfer_id, amount_minor } = lineOf(effects[0]!, 'transfer')!
    if (hold !== undefined && hold.amount_minor !== amount_minor)
      return { what: `confirmed ${hold.amount_minor}, the ledger paid ${amount_minor}`, entries: [hold, ...effects] }
    return fieldsOf(operation.end!.value, { payout_id: payoutOf(operation), amount_minor, transfer_id }, effects)
  },
}

const cancels: Judge = {
  effects: (operation, { holdById }) => [holdById.get(payoutOf(operation)) ?? []].flat(),
  same: (operation, evidence) => endsOf(payoutOf(operation), 'cancel_payout', evidence),
  differs: () => null,
  answered(operation, effects) {
    const { hold_id: payout_id, amount_minor } = lineOf(effects[0]!, 'hold')!
    return fieldsOf(operation.end!.value, { payout_id, amount_minor, cancelled: true }, effects)
  },
}

const judges: Readonly<Record<string, Judge>> = {
  deposit: moved('deposit'),
  withdraw: moved('withdrawal'),
  spin: spins,
  ask_payout: payouts,
  confirm_payout: confirms,
  cancel_payout: cancels,
}
