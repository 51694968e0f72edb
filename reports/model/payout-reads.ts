import { captureKey, payoutOf, type Evidence, type Operation } from '../checks/evidence.ts'
import { askedBy, endsOf } from './askers.ts'
import { clocks_apart_ms } from './held.ts'

export interface Looked {
  what: string | null
  entries: (object | undefined)[]
  looked: number
}

/** A payout that was read: its amount and time are those of its hold, its state one that it can have been in. */
export function judgePayout(operation: Operation, evidence: Evidence): Looked {
  const { value, at_ms } = operation.end!
  const hold = evidence.holdById.get(payoutOf(operation))
  const found = (what: string | null, ...entries: (object | undefined)[]): Looked => ({
    what,
    entries: [hold, ...entries],
    looked: 1,
  })
  if (hold === undefined || hold.player_id !== operation.player_id)
    return found(`saw payout ${payoutOf(operation)}, which this player does not have`)
  const { status } = value
  if (value['amount_minor'] !== hold.amount_minor)
    return found(`saw a payout of ${String(value['amount_minor'])}, its hold has ${hold.amount_minor}`)
  if (typeof value['expires_at_ms'] === 'number' && Math.abs(value['expires_at_ms'] - hold.expires_at_ms) > 1)
    return found(`saw that it is over at ${value['expires_at_ms']}, its hold says ${hold.expires_at_ms}`)
  const kind = hold.status === 'captured' ? 'confirm_payout' : 'cancel_payout'
  const ending = askedBy(endsOf(hold.hold_id, kind, evidence))
  if (status === 'open') {
    if (value['transfer_id'] !== null && value['transfer_id'] !== undefined)
      return found('saw an open payout with a transfer')
    return ending.known_ms < operation.invoke.at_ms && hold.status !== 'expired'
      ? found(`saw an open payout, after it was known to be ${hold.status}`)
      : found(null)
  }
  if (status !== hold.status) return found(`saw a payout that is ${String(status)}, its hold is ${hold.status}`)
  if (hold.status === 'expired') {
    const early = (hold.ended_at_ms ?? Infinity) - clocks_apart_ms > at_ms
    return found(early ? 'saw that it expired, before it did' : null)
  }
  if (ending.from_ms > at_ms) return found(`saw that it is ${hold.status}, before anybody had asked for that`)
  const transfer = evidence.transfersByKey.get(captureKey(hold.hold_id))?.[0]
  const told = value['transfer_id'] ?? null
  return hold.status === 'captured' && told !== (transfer?.transfer_id ?? null)
    ? found(`saw the transfer ${JSON.stringify(told)}`, transfer)
    : found(null)
}
