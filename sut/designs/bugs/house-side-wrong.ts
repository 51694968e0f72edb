import type { PlantedBug } from '../planted-bug.ts'
import { patched } from '../planted-sql.ts'

const both_sides = patched('transfer', {
  before: `  UPDATE accounts SET
    balance = accounts.balance - delta,`,
  after: `  PERFORM planted('ran');
  IF new_kind = 'deposit' AND get_byte(sha256(convert_to(new_key, 'UTF8')), 1) % 8 = 0 THEN
    PERFORM planted('reached');
    delta := -delta;
  END IF;
  UPDATE accounts SET
    balance = accounts.balance - delta,`,
})

export const houseSideWrong: PlantedBug = {
  name: 'house-side-wrong',
  title: 'The other side of a deposit is entered with the wrong sign',
  description: 'One deposit in eight is credited to the player and to the house as well.',
  caught_by: 'money-conserved',
  experiment: 'calm',
  replaces: {},
  sql: { wallet: both_sides },
}
