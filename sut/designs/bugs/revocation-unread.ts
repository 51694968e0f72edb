import type { PlantedBug } from '../planted-bug.ts'

export const revocationUnread: PlantedBug = {
  name: 'revocation-unread',
  title: 'A gateway does not read which tokens are revoked',
  description: 'The gateway in region b admits tokens until they expire, whatever identity says of them.',
  caught_by: 'logins-end',
  experiment: 'locked-doors',
  replaces: {
    'gateway.is-revoked':
      (standard, mark, { region }) =>
      async (jti) => {
        mark('ran')
        const revoked = await standard(jti)
        if (!revoked || region !== 'b') return revoked
        mark('reached')
        return false
      },
  },
}
