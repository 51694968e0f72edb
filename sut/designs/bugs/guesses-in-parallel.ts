import type { PlantedBug } from '../planted-bug.ts'
import { patched } from '../planted-sql.ts'

// As if the lock was decided after a guess was verified: what comes within half a second of the lock does not see it.
const unseen_sql = patched('take_guess', {
  before: 'admitted := not coalesce(locked, false);',
  after: `PERFORM planted('ran');
  IF locked AND EXISTS (SELECT FROM guesses WHERE name_key = for_name AND network = from_network
      AND last_at > clock_timestamp() - interval '500 ms') THEN
    PERFORM planted('reached');
    locked := false;
  END IF;
  admitted := not coalesce(locked, false);`,
})

export const guessesInParallel: PlantedBug = {
  name: 'guesses-in-parallel',
  title: 'Of guesses at a password at once, all are verified',
  description: 'The lock of a name is not seen by guesses that come within half a second of the one that caused it.',
  caught_by: 'thief-gets-nothing',
  experiment: 'locked-doors',
  replaces: {},
  sql: { identity: unseen_sql },
}
