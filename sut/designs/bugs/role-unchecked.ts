import type { PlantedBug } from '../planted-bug.ts'

export const roleUnchecked: PlantedBug = {
  name: 'role-unchecked',
  title: 'Every role may do everything',
  description: 'The gateway takes the requests of operators and auditors from players as well.',
  caught_by: 'thief-gets-nothing',
  experiment: 'locked-doors',
  replaces: {
    'gateway.admits': (standard, mark) => (role, admitted) => {
      mark('ran')
      if (!standard(role, admitted)) mark('reached')
      return true
    },
  },
}
