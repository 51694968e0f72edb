import type { PlantedBug } from '../planted-bug.ts'
import { patched } from '../planted-sql.ts'

const forgetful = `
CREATE TABLE planted_forgotten (round_id text PRIMARY KEY);
-- Who serves owns no table.
GRANT SELECT, INSERT ON planted_forgotten TO PUBLIC;
${patched(
  'transfer',
  {
    before: `INSERT INTO transfers VALUES (new_id, 'bet:' || new_round_id, 'bet:' || new_round_id, 'tombstone', new_player_id,
        new_amount, new_round_id, new_game_id, player.balance, player.version, to_timestamp(at_ms / 1000));`,
    after: `PERFORM planted('ran');
      INSERT INTO planted_forgotten VALUES (new_round_id) ON CONFLICT DO NOTHING;`,
  },
  {
    before: `  UPDATE accounts SET
    balance = accounts.balance + delta,`,
    after: `  IF new_kind = 'bet' AND EXISTS (SELECT FROM planted_forgotten WHERE round_id = new_round_id) THEN
    PERFORM planted('reached');
  END IF;
  UPDATE accounts SET
    balance = accounts.balance + delta,`,
  },
)}`

export const tombstoneMissing: PlantedBug = {
  name: 'tombstone-missing',
  title: 'A rollback leaves no tombstone',
  description:
    'The wallet answers the rollback of a bet that it has not seen, and forgets it: the bet that comes later is taken, of a round that was cancelled.',
  caught_by: 'rounds-ended',
  experiment: 'late-bets',
  replaces: {},
  sql: { wallet: forgetful },
}
