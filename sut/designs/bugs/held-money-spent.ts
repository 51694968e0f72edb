import type { PlantedBug } from '../planted-bug.ts'
import { patched } from '../planted-sql.ts'

const spent = `
ALTER TABLE accounts DROP CONSTRAINT no_negative_player, DROP CONSTRAINT held_is_there;
${patched('transfer', {
  before: 'IF problem IS NULL AND delta < 0 AND player.balance - player.held + delta < 0 THEN',
  after: `IF problem IS NULL AND delta < 0 AND player.balance - player.held + delta < 0 AND planted('ran') = 1
      AND (player.balance + delta < 0 OR planted('reached') <> 1) THEN`,
})}`

export const heldMoneySpent: PlantedBug = {
  name: 'held-money-spent',
  title: 'Money on hold can be spent',
  description: 'The wallet looks at the balance when it takes a bet or withdrawal, and not at what is on hold.',
  caught_by: 'holds-over-time',
  experiment: 'contention',
  replaces: {},
  sql: { wallet: spent },
}
