import type { PlantedBug } from '../planted-bug.ts'
import { patched } from '../planted-sql.ts'

const captured = `
ALTER TABLE accounts DROP CONSTRAINT no_negative_player, DROP CONSTRAINT held_is_there;
${patched(
  'end_hold',
  {
    before: `  ELSIF hold.status <> 'open' THEN`,
    after: `  ELSIF hold.status <> 'open'
      AND NOT (how = 'captured' AND hold.status = 'released' AND planted('reached') = 1) THEN`,
  },
  {
    before: `UPDATE accounts SET held = accounts.held - hold.amount WHERE account = 'player:' || of_player_id;`,
    after: `PERFORM planted('ran');
    UPDATE accounts SET held = accounts.held - hold.amount
      WHERE account = 'player:' || of_player_id AND hold.status = 'open';`,
  },
)}`

export const releasedCaptured: PlantedBug = {
  name: 'released-captured',
  title: 'A payout that was cancelled can be confirmed',
  description: 'The wallet captures a hold that was released before: its money was given back, and is paid out.',
  caught_by: 'acknowledged-lost',
  experiment: 'contention',
  replaces: {},
  sql: { wallet: captured },
}
