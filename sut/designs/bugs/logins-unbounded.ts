import type { PlantedBug } from '../planted-bug.ts'

const at_once = 2
const waiting_max = 300

export const loginsUnbounded: PlantedBug = {
  name: 'logins-unbounded',
  title: 'Abuse is counted in requests, not in what they cost',
  description:
    'Logins and registrations have no places of their own, no network has a budget of wrong passwords, and hundreds of hashes wait.',
  caught_by: 'thief-gets-nothing',
  experiment: 'calm',
  replaces: {
    'gateway.take-costly-place': (standard, mark) => (address) => {
      mark('ran')
      try {
        return standard(address)
      } catch {
        mark('reached')
        return () => {}
      }
    },
    'identity.hashing-limits': (_standard, mark) => {
      mark('ran')
      return { at_once, waiting_max, of_one_network_max: at_once + waiting_max }
    },
    'identity.charge-failure': (standard, mark) => (network) => {
      mark('ran')
      const charge = standard(network)
      if (charge === undefined) mark('reached')
      return charge ?? { giveBack: () => {} }
    },
  },
}
