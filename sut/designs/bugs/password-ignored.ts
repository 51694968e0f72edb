import type { PlantedBug } from '../planted-bug.ts'

export const passwordIgnored: PlantedBug = {
  name: 'password-ignored',
  title: 'A wrong password opens an account',
  description: 'Identity takes one wrong password in four for the right one.',
  caught_by: 'thief-gets-nothing',
  experiment: 'locked-doors',
  replaces: {
    'identity.is-password': (standard, mark) => {
      let wrong = 0
      return async (password_hash, password) => {
        mark('ran')
        const right = await standard(password_hash, password)
        if (right || password_hash === undefined) return right
        wrong += 1
        if (wrong % 4 !== 0) return false
        mark('reached')
        return true
      }
    },
  },
}
