import type { PlantedBug } from '../planted-bug.ts'
import { patched } from '../planted-sql.ts'

const unentered = patched('transfer', {
  before: `  INSERT INTO entries VALUES
    (player_account, player.version, new_id, delta, player.balance, player.hash),
    (house_account, house.version, new_id, -delta, house.balance, house.hash);`,
  after: `  PERFORM planted('ran');
  IF new_kind = 'withdrawal' AND get_byte(sha256(convert_to(new_key, 'UTF8')), 1) % 2 = 0 THEN
    PERFORM planted('reached');
  ELSE
    INSERT INTO entries VALUES
      (player_account, player.version, new_id, delta, player.balance, player.hash),
      (house_account, house.version, new_id, -delta, house.balance, house.hash);
  END IF;`,
})

export const entryMissing: PlantedBug = {
  name: 'entry-missing',
  title: 'A withdrawal without its entries',
  description: 'One withdrawal in two changes the balances, and stands in no entry of the ledger.',
  caught_by: 'entries-match-transfers',
  experiment: 'contention',
  replaces: {},
  sql: { wallet: unentered },
}
