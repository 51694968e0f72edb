import type { PlantedBug } from '../planted-bug.ts'
import { patched } from '../planted-sql.ts'

const unnoticed = patched('transfer', {
  before: `    ELSIF (stored.kind, stored.player_id, stored.amount, stored.round_id, stored.game_id)
        IS DISTINCT FROM (new_kind, new_player_id, new_amount, new_round_id, new_game_id) THEN
      problem := 'idempotency_conflict';
    ELSE`,
  after: `    ELSE
      PERFORM planted('ran');
      IF (stored.kind, stored.player_id, stored.amount, stored.round_id, stored.game_id)
          IS DISTINCT FROM (new_kind, new_player_id, new_amount, new_round_id, new_game_id) THEN
        PERFORM planted('reached');
      END IF;`,
})

export const conflictUnnoticed: PlantedBug = {
  name: 'conflict-unnoticed',
  title: 'A key that is used again for something else is answered',
  description:
    'The wallet compares a stored transfer with what is asked under its key no more: another amount gets the first answer.',
  caught_by: 'effects-as-asked',
  experiment: 'contention',
  replaces: {},
  sql: { wallet: unnoticed },
}
