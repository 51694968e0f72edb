import type { PlantedBug } from '../planted-bug.ts'
import { patched } from '../planted-sql.ts'

const twice = patched('transfer', {
  before: 'IF problem IS NULL AND delta < 0 AND player.balance - player.held + delta < 0 THEN',
  after: `IF problem IS NULL AND delta < 0 AND player.balance - player.held + 2 * delta < 0 THEN
    PERFORM planted('ran');
    IF player.balance - player.held + delta >= 0 THEN
      PERFORM planted('reached');
    END IF;`,
})

export const fundsRefusedEarly: PlantedBug = {
  name: 'funds-refused-early',
  title: 'The check for enough money counts the amount twice',
  description: 'The wallet refuses a bet or withdrawal when less than twice its amount is available.',
  caught_by: 'refusals-justified',
  experiment: 'contention',
  replaces: {},
  sql: { wallet: twice },
}
