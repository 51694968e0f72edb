import type { PlantedBug } from '../planted-bug.ts'

export const oneTooMuch: PlantedBug = {
  name: 'one-too-much',
  title: 'Wins are one unit too high',
  description: 'The game pays one minor unit more than its pay table says, whenever something is won.',
  caught_by: 'outcomes-rederived',
  experiment: 'calm',
  replaces: {
    'game.win-of': (standard, mark) => (stops, stake_minor, game) => {
      mark('ran')
      const win_minor = standard(stops, stake_minor, game)
      if (win_minor === 0n) return win_minor
      mark('reached')
      return win_minor + 1n
    },
  },
}
