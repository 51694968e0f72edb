import type { PlantedBug } from '../planted-bug.ts'
import { patched } from '../planted-sql.ts'

const unowned = patched('end_hold', {
  before: 'WHERE hold_id = of_hold_id AND player_id = of_player_id;',
  after: `WHERE hold_id = of_hold_id;
  IF FOUND AND planted('ran') = 1 AND hold.player_id <> of_player_id AND planted('reached') = 1 THEN
    of_player_id := hold.player_id;
  END IF;`,
})

export const holdOfAnother: PlantedBug = {
  name: 'hold-of-another',
  title: "A player ends another one's payout",
  description:
    'Whoever knows the identifier of a payout can confirm or cancel it: the wallet does not look whose it is.',
  caught_by: 'thief-gets-nothing',
  experiment: 'locked-doors',
  replaces: {},
  sql: { wallet: unowned },
}
