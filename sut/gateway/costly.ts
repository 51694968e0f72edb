import type { OperationKind } from '#sut/contracts/api.ts'
import { Problem } from '#sut/contracts/problems.ts'
import { addressOf } from './address.ts'
import type { Operation } from './operations.ts'
import type { Rates } from './rates.ts'

// What costs dozens of times what other requests cost has places and a rate of its own, by address: however much of it is asked for, the
// places of the gateway are there for the rest, and one address leaves some of these to others.
export interface CostlyLimits {
  places_max: number
  of_one_address_max: number
}

/** Takes a place, and answers how it is left. Throws Problem too_many_requests: of this address; unavailable: of all. */
export type TakeCostlyPlace = (address: string) => () => void

export function costlyPlaces(
  { places_max, of_one_address_max }: CostlyLimits,
  rates: Pick<Rates, 'take'>,
): TakeCostlyPlace {
  const byAddress = new Map<string, number>() // as many entries as there are places, at most
  let taken = 0
  return (ip) => {
    const address = addressOf(ip)
    const own = byAddress.get(address) ?? 0
    if (own >= of_one_address_max) throw new Problem('too_many_requests', 'too many logins at once: try again')
    if (taken >= places_max) throw new Problem('unavailable', 'too many logins at once: try again')
    rates.take('logins', address)
    byAddress.set(address, own + 1)
    taken++
    return () => {
      taken--
      const others = byAddress.get(address)! - 1
      if (others === 0) byAddress.delete(address)
      else byAddress.set(address, others)
    }
  }
}

/** The same operations, of which those that are costly have a place while they are under way. */
export function withPlaces(
  operations: Record<OperationKind, Operation>,
  take: TakeCostlyPlace,
): Record<OperationKind, Operation> {
  const bounded = (operation: Operation): Operation => ({
    ...operation,
    async handle(request) {
      const leave = take((request as { address: string }).address)
      try {
        return await operation.handle(request)
      } finally {
        leave()
      }
    },
  })
  const all = Object.entries(operations).map(([kind, each]) => [kind, each.costly === true ? bounded(each) : each])
  return Object.fromEntries(all) as Record<OperationKind, Operation>
}
