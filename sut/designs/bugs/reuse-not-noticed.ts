import { Problem } from '#sut/contracts/problems.ts'
import type { PlantedBug } from '../planted-bug.ts'

const known_max = 100_000

export const reuseNotNoticed: PlantedBug = {
  name: 'reuse-not-noticed',
  title: 'A refresh token that comes a second time is refused, and its login goes on',
  description:
    'An instance of identity that has served a refresh token refuses it the second time without ending the login: whoever stole it stays in.',
  caught_by: 'logins-end',
  experiment: 'locked-doors',
  replaces: {
    'identity.refresh': (standard, mark) => {
      const served = new Set<string>()
      return async (refresh_token) => {
        mark('ran')
        if (served.has(refresh_token)) {
          mark('reached')
          throw new Problem('unauthenticated', 'the refresh token is not valid: log in again')
        }
        const login = await standard(refresh_token)
        if (served.size < known_max) served.add(refresh_token)
        return login
      }
    },
  },
}
