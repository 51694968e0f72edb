import { hex, type Draw } from '../k6/draw.ts'
import type { Journey, Request, Turn } from './journey.ts'

/** Half as many again as anybody is served within ten seconds, and more, in lots that are under way at once. */
const lots = 30
const spins_each_lot = 20
const between_lots_ms = 200
/** Longer than any answer takes. He asks once: who is refused and comes back later is no flood. */
const patience_ms = 10_000

export const flooder: Journey = {
  name: 'flooder',
  title: 'spins without a pause for some ten seconds, once: far more often than one player is served',
  honest: false,
  first_deposit_minor: 200_00,
  duplicate_share: 0,
  begin() {
    let flooded = false
    return function* turn(draw): Turn {
      if (flooded) yield [{ action: { kind: 'balance' }, counted: false }]
      else yield* floods(draw)
      flooded = true
    }
  },
}

function* floods(draw: Draw): Turn {
  for (let lot = 0; lot < lots; lot++) {
    yield lotOf(draw)
    yield { pause_ms: between_lots_ms }
  }
}

/** Half of them through each region. */
const lotOf = (draw: Draw): Request[] =>
  Array.from({ length: spins_each_lot }, (_, number) => ({
    action: { kind: 'spin', stake_minor: 10, client_seed: hex(draw, 16) },
    through: number % 2 === 0 ? 'home' : 'other',
    cut_after_ms: patience_ms,
    counted: false,
  }))
