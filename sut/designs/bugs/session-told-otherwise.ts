import type { PlantedBug } from '../planted-bug.ts'

export const sessionToldOtherwise: PlantedBug = {
  name: 'session-told-otherwise',
  title: 'The event of a session names another game',
  description:
    'A session is opened for the game that was asked for, and every consumer of events is told of another one.',
  caught_by: 'acts-told',
  experiment: 'calm',
  replaces: {
    'platform.publish': (standard, mark) => async (event) => {
      mark('ran')
      if (event.type !== 'session.opened') return standard(event)
      mark('reached')
      return standard({ ...event, game_id: 'another-game' })
    },
  },
}
