import type { PlantedBug } from '../planted-bug.ts'

export const requestsUnlimited: PlantedBug = {
  name: 'requests-unlimited',
  title: 'A player asks as often as he likes',
  description: 'The gateway counts the requests of a player, and lets more through than a window allows.',
  caught_by: 'rates-kept',
  experiment: 'flood',
  replaces: {
    'gateway.admits-rate': (standard, mark) => (below, scope) => {
      const admitted = standard(below, scope)
      if (scope !== 'player') return admitted
      mark('ran')
      if (!admitted) mark('reached')
      return true
    },
  },
}
