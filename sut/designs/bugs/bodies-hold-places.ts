import type { PlantedBug } from '../planted-bug.ts'

export const bodiesHoldPlaces: PlantedBug = {
  name: 'bodies-hold-places',
  title: 'A request takes its place before its body is here',
  description:
    'The gateway gives a place to a request as soon as its headers are here: whoever begins requests and never ends them takes all places, and nobody else is served.',
  caught_by: 'service level',
  experiment: 'under-attack',
  replaces: {
    'gateway.takes-place': (_standard, mark) => (moment) => {
      mark('ran')
      if (moment === 'request') return false
      mark('reached')
      return true
    },
  },
}
