import type { StateOf } from '#sut/contracts/state.ts'
import { activeFault, trialsOf } from '../measure/trials.ts'
import type { HistoryLine } from '../record/format.ts'
import type { ClientOperation } from '../record/operations.ts'
import type { RunRecord } from '../record/record.ts'
import { movesMoney, overlapping } from './under-way.ts'

/** One operation of the history. */
export interface Operation {
  id: string
  kind: string
  player_id: string
  key: string | undefined
  invoke: HistoryLine
  /** Its end; undefined when the run ended before: it may have happened, like `info`. */
  end: HistoryLine | undefined
}

/** Maps over the record that several checks need; made once. */
export interface Evidence {
  operations: Operation[]
  /** Those that move money while another one does for the same player. */
  crossing: ReadonlySet<Operation>
  /** What requests.csv has of an operation: its region, and how often it was sent. */
  clientById: Map<string, ClientOperation>
  /** By `player_id/key`: all operations that used it. */
  operationsByKey: Map<string, Operation[]>
  transfersByKey: Map<string, StateOf<'transfer'>[]>
  transfersByRound: Map<string, StateOf<'transfer'>[]>
  transferById: Map<string, StateOf<'transfer'>>
  entriesByTransfer: Map<string, StateOf<'entry'>[]>
  /** By `player_id/key`. */
  roundsByKey: Map<string, StateOf<'round'>[]>
  roundById: Map<string, StateOf<'round'>>
  holdById: Map<string, StateOf<'hold'>>
  holdByKey: Map<string, StateOf<'hold'>>
  /** Of the operations that confirm or cancel a payout, by the payout, which is a hold. */
  endingsByHold: Map<string, Operation[]>
  /** The fault that was active then, for witnesses. */
  faultAt(from_ms: number | undefined, to_ms?: number): string | null
}

export const playerKey = (player_id: string, key: string): string => `${player_id}/${key}`
export const depositKey = (player_id: string, key: string): string => `deposit:${player_id}:${key}`
export const withdrawalKey = (player_id: string, key: string): string => `withdrawal:${player_id}:${key}`
export const payoutKey = (player_id: string, key: string): string => `payout:${player_id}:${key}`
export const captureKey = (hold_id: string): string => `capture:${hold_id}`
/** The hold that a transfer of this key captures; undefined: it is another transfer. */
export const capturedHold = (key: string): string | undefined => /^capture:(.+)$/.exec(key)?.[1]
export const betKey = (round_id: string): string => `bet:${round_id}`
export const winKey = (round_id: string): string => `win:${round_id}`

export function evidenceOf(record: RunRecord): Evidence {
  const { transfer, entry, round, hold } = record.state
  const operations = operationsOf(record.history)
  const trials = trialsOf(record)
  return {
    operations,
    crossing: overlapping(Map.groupBy(operations.filter(movesMoney), ({ player_id }) => player_id).values()),
    clientById: new Map(record.operations.map((operation) => [operation.id, operation])),
    operationsByKey: Map.groupBy(
      operations.filter(({ key }) => key !== undefined),
      ({ player_id, key }) => playerKey(player_id, key!),
    ),
    transfersByKey: Map.groupBy(transfer, ({ key }) => key),
    transfersByRound: Map.groupBy(
      transfer.filter(({ round_id }) => round_id !== null),
      ({ round_id }) => round_id!,
    ),
    transferById: new Map(transfer.map((line) => [line.transfer_id, line])),
    entriesByTransfer: Map.groupBy(entry, ({ transfer_id }) => transfer_id),
    roundsByKey: Map.groupBy(round, ({ player_id, key }) => playerKey(player_id, key)),
    roundById: new Map(round.map((line) => [line.round_id, line])),
    holdById: new Map(hold.map((line) => [line.hold_id, line])),
    holdByKey: new Map(hold.map((line) => [line.key, line])),
    endingsByHold: Map.groupBy(operations.filter(endsPayout), payoutOf),
    faultAt: (from_ms, to_ms) => (from_ms === undefined ? null : activeFault(trials, from_ms, to_ms)),
  }
}

function operationsOf(history: readonly HistoryLine[]): Operation[] {
  const operations = new Map<string, Operation>()
  for (const line of history) {
    const known = operations.get(line.operation_id)
    if (known === undefined) {
      const { operation_id: id, kind, player_id, key } = line
      operations.set(id, { id, kind, player_id, key, invoke: line, end: line.type === 'invoke' ? undefined : line })
    } else if (line.type === 'invoke') {
      known.invoke = line
      known.key = line.key ?? known.key
    } else if (known.end === undefined || weights[line.type] > weights[known.end.type]) known.end = line
  }
  return [...operations.values()]
}

/** Of several ends the one that says most counts: what was acknowledged stays so. That there are several is found elsewhere. */
const weights = { invoke: 0, info: 1, fail: 2, ok: 3 } as const

export const endsPayout = ({ kind }: Operation): boolean => kind === 'confirm_payout' || kind === 'cancel_payout'
/** The payout that such an operation ends. */
export const payoutOf = ({ invoke }: Operation): string => String(invoke.value['payout_id'])

/** The operations that asked for the payout that a hold is; none: nobody of this record did. */
export const askedFor = ({ key, player_id }: StateOf<'hold'>, { operationsByKey }: Evidence): Operation[] =>
  operationsByKey.get(playerKey(player_id, key.replace(payoutKey(player_id, ''), ''))) ?? []

/** `spin o-12 (key fixture-o-12) of player p-3`: how witnesses name an operation. */
export const nameOf = ({ kind, id, key, player_id }: Pick<Operation, 'kind' | 'id' | 'key' | 'player_id'>): string =>
  `${kind} ${id} ${key === undefined ? '' : `(key ${key}) `}of player ${player_id}`

export const linesOf = ({ invoke, end }: Operation): (HistoryLine | undefined)[] =>
  invoke === end ? [invoke] : [invoke, end]

export const faultOf = (evidence: Evidence, { invoke, end }: Operation): string | null =>
  evidence.faultAt(invoke.at_ms, end?.at_ms ?? invoke.at_ms)

export const ended = (operation: Operation, type: HistoryLine['type']): boolean => operation.end?.type === type

/** A number out of an answer; undefined when it is none. */
export function numberIn(value: Record<string, unknown> | undefined, name: string): number | undefined {
  const found = value?.[name]
  return typeof found === 'number' ? found : undefined
}
