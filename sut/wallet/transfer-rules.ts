import type { TransferKind, TransferRequest } from '#sut/contracts/bodies.ts'
import type { ServiceName } from '#sut/contracts/descriptor.ts'
import { Problem } from '#sut/contracts/problems.ts'

/** Money comes in and goes out at the gateway; what a round moves is the game's. */
const callerOf: Record<TransferKind, ServiceName> = {
  deposit: 'gateway',
  withdrawal: 'gateway',
  bet: 'game',
  win: 'game',
  rollback: 'game',
}
const ofRound: ReadonlySet<string> = new Set(['bet', 'win', 'rollback'])
/** The capture of a hold has the key `capture:<hold_id>`: nothing else may take it. */
const reserved: ReadonlySet<string> = new Set([...ofRound, 'capture'])

/**
 * Throws `forbidden` when the caller may not ask for this kind, `malformed` when the key breaks the convention that lets a
 * rollback find its bet: `bet:<round_id>`, `win:<round_id>`, `rollback:<round_id>`, and no other kind under these names.
 */
export function checkTransfer(request: TransferRequest, caller: ServiceName): void {
  if (callerOf[request.kind] !== caller)
    throw new Problem('forbidden', `${caller} may not ask the wallet for a ${request.kind}`)
  if (ofRound.has(request.kind)) {
    if (request.round_id === undefined || request.key !== `${request.kind}:${request.round_id}`)
      throw new Problem('malformed', `a ${request.kind} needs a round_id and the key '${request.kind}:<round_id>'`)
  } else if (reserved.has(request.key.split(':', 1)[0]!))
    throw new Problem('malformed', `a ${request.kind} cannot have the key '${request.key}' of a round or a hold`)
}
