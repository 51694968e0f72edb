import type { PlantedBug } from '../planted-bug.ts'
import { patched } from '../planted-sql.ts'

const overdrawn = `
ALTER TABLE accounts DROP CONSTRAINT no_negative_player, DROP CONSTRAINT held_is_there;
${patched('transfer', {
  before: 'IF problem IS NULL AND delta < 0 AND player.balance - player.held + delta < 0 THEN',
  after: `IF problem IS NULL AND delta < 0 AND player.balance - player.held + delta < 0 AND planted('ran') = 1
      AND (player.balance - player.held <= 0 OR planted('reached') <> 1) THEN`,
})}`

export const accountOverdrawn: PlantedBug = {
  name: 'account-overdrawn',
  title: 'The check for enough money forgets the amount',
  description:
    'The wallet takes a bet or withdrawal whenever anything is available: the last one overdraws the account.',
  caught_by: 'no-negative-balance',
  experiment: 'contention',
  replaces: {},
  sql: { wallet: overdrawn },
}
