import { hex, type Draw } from '../k6/draw.ts'
import type { Journey, Request, Turn } from './journey.ts'

/** Half as much again as anybody is served within ten seconds, in lots that are under way at once. */
const lots = 30
const spins_each_lot = 20
const reads_each_lot = 40
const between_lots_ms = 250
/** Longer than any answer takes. He asks once: who is refused and comes back later is no flood. */
const patience_ms = 10_000

export const flooder: Journey = {
  name: 'flooder',
  title: 'asks without a pause for some ten seconds, once: far more spins and reads than one player is served',
  honest: false,
  first_deposit_minor: 200_00,
  duplicate_share: 0,
  begin() {
    let flooded = false
    return function* turn(draw): Turn {
      if (flooded) return yield* reads()
      flooded = true
      for (let lot = 0; lot < lots; lot++) {
        yield requestsOf(draw)
        yield { pause_ms: between_lots_ms }
      }
    }
  },
}

function* reads(): Turn {
  yield [{ action: { kind: 'balance' }, counted: false }]
}

/** Half of each kind through each region. */
function requestsOf(draw: Draw): Request[] {
  const spins = Array.from({ length: spins_each_lot }, () => ({
    kind: 'spin' as const,
    stake_minor: 10,
    client_seed: hex(draw, 16),
  }))
  const asked = [...spins, ...Array.from({ length: reads_each_lot }, () => ({ kind: 'balance' as const }))]
  return asked.map((action, number) => ({
    action,
    through: number % 2 === 0 ? 'home' : 'other',
    cut_after_ms: patience_ms,
    counted: false,
  }))
}
