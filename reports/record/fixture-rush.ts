import type { Ended } from './fixture-load.ts'

// What attackers do: two devices of one account at once, one key twice at once and again after no answer, reads right after writes, a
// stake that the account cannot pay. Every synthetic record ends with it, so that no check is without what it is for.

/** Of one player, in about 100 ms. */
export function rushOf(player_id: string, at_ms: number): Ended[] {
  const of = (
    name: string,
    [kind, key]: [kind: string, key?: string],
    [from_ms, to_ms]: [from_ms: number, to_ms: number],
    request: Record<string, unknown> = {},
    ending: Ended['ending'] = 'ok',
  ): Ended => ({
    operation_id: `rush-${player_id}-${name}`,
    kind,
    player_id,
    key: key === undefined ? undefined : `fixture-rush-${player_id}-${key}`,
    request,
    start_ms: at_ms + from_ms,
    end_ms: at_ms + to_ms,
    planned_ms: at_ms + from_ms,
    ending,
  })
  const spin = (client_seed: string, stake_minor = 100) => ({ stake_minor, client_seed })
  return [
    of('one', ['spin', '1'], [0, 20], spin('rush-1')),
    of('other', ['spin', '2'], [5, 25], spin('rush-2')),
    of('copy', ['spin', '2'], [6, 26], spin('rush-2')),
    of('read', ['balance'], [30, 35]),
    of('again', ['balance'], [40, 45]),
    of('lost', ['spin', '3'], [50, 60], spin('rush-3'), 'unknown'),
    of('retry', ['spin', '3'], [70, 80], spin('rush-3')),
    of('too-much', ['spin', '4'], [85, 95], spin('rush-4', 900_000_000)),
    of('beside', ['deposit', '5'], [86, 96], { amount_minor: 1000 }),
  ]
}
