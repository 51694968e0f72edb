import type { PlantedBug } from '../planted-bug.ts'

export const suspensionIgnored: PlantedBug = {
  name: 'suspension-ignored',
  title: 'A suspended player plays on',
  description: 'Identity answers a suspension and does nothing: logins go on.',
  caught_by: 'logins-end',
  experiment: 'locked-doors',
  replaces: {
    'identity.suspend':
      (_standard, mark) =>
      async ({ player_id }) => {
        mark('ran')
        mark('reached')
        return { player_id, suspended: true }
      },
  },
}
