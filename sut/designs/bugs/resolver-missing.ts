import { pause } from '#lib/wait.ts'
import type { PlantedBug } from '../planted-bug.ts'

const every_ms = 1_000
const left_sql = `SELECT round_id FROM rounds WHERE status NOT IN ('completed', 'cancelled') AND resolve_after <= now() LIMIT 1`

export const resolverMissing: PlantedBug = {
  name: 'resolver-missing',
  title: 'A game without its resolver',
  description: 'Nobody ends the rounds that their requests have left behind.',
  caught_by: 'settled',
  experiment: 'wallet-kill',
  replaces: {
    // A loop that does nothing: what it leaves undone is seen in the database.
    'game.resolver': (_standard, mark, tools) => async (signal) => {
      mark('ran')
      while (!signal.aborted) {
        const [row] = await tools.query(left_sql)
        if (row !== undefined) mark('reached')
        await pause(every_ms, signal)
      }
    },
  },
}
