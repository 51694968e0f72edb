import type { PlantedBug } from '../planted-bug.ts'

export const spinsUnlimited: PlantedBug = {
  name: 'spins-unlimited',
  title: 'A player spins as often as he likes',
  description: 'The gateway counts the spins of a player, and lets more through than a window allows.',
  caught_by: 'rates-kept',
  experiment: 'flood',
  replaces: {
    'gateway.admits-rate': (standard, mark) => (below, scope) => {
      const admitted = standard(below, scope)
      if (scope !== 'spins') return admitted
      mark('ran')
      if (!admitted) mark('reached')
      return true
    },
  },
}
