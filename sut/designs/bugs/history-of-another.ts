import type { PlantedBug } from '../planted-bug.ts'

export const historyOfAnother: PlantedBug = {
  name: 'history-of-another',
  title: 'A player sees the history of another one',
  description: 'One history in eight is that of whoever asked before.',
  caught_by: 'reads-committed',
  experiment: 'fresh-reads',
  replaces: {
    'analytics.history': (standard, mark) => {
      let before: string | undefined
      let asked = 0
      return (player_id) => {
        mark('ran')
        const other = before
        before = player_id
        asked += 1
        if (asked % 8 !== 0 || other === undefined || other === player_id) return standard(player_id)
        mark('reached')
        return standard(other)
      }
    },
  },
}
