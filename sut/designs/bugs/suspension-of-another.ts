import type { PlantedBug } from '../planted-bug.ts'

export const suspensionOfAnother: PlantedBug = {
  name: 'suspension-of-another',
  title: 'A suspension is acknowledged for somebody else',
  description: 'Identity suspends the player and answers that it suspended the operator who asked.',
  caught_by: 'answers-whole',
  experiment: 'locked-doors',
  replaces: {
    'identity.suspend': (standard, mark) => async (request) => {
      mark('ran')
      const answer = await standard(request)
      mark('reached')
      return { ...answer, player_id: request.operator_id }
    },
  },
}
