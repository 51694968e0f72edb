import { shardOf } from '#sut/contracts/events.ts'
import type { PlantedBug } from '../planted-bug.ts'

export const logoutIgnored: PlantedBug = {
  name: 'logout-ignored',
  title: 'A logout ends nothing',
  description: 'Identity answers one logout in two without ending the login.',
  caught_by: 'logins-end',
  experiment: 'locked-doors',
  replaces: {
    'identity.end-login': (standard, mark) => async (jti) => {
      mark('ran')
      if (shardOf(jti) % 2 === 0) return standard(jti)
      mark('reached')
    },
  },
}
