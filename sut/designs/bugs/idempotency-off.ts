import { newId } from '#lib/random.ts'
import type { DedupeKey } from '../parts.ts'
import type { Mark, PlantedBug } from '../planted-bug.ts'

/** A new name for each request: nothing is ever found, nothing ever collides. */
export const forgetful: DedupeKey = () => newId()

const replaced =
  (_standard: DedupeKey, mark: Mark): DedupeKey =>
  (key) => {
    mark('ran')
    return forgetful(key)
  }

const reachedBy = (table: string, same: string): string => `
CREATE FUNCTION planted_twice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM ${table} AS other WHERE ${same} AND other.dedupe_key <> NEW.dedupe_key) THEN
    PERFORM planted('reached');
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER planted_twice AFTER INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION planted_twice();`

export const idempotencyOff: PlantedBug = {
  name: 'idempotency-off',
  title: 'No idempotency',
  description:
    'Wallet and game ignore the idempotency key: a deposit, bet, win or spin that is sent again is applied again.',
  caught_by: 'applied-twice',
  experiment: 'wallet-kill',
  replaces: { 'wallet.dedupe-key': replaced, 'game.dedupe-key': replaced },
  sql: {
    wallet: reachedBy('transfers', 'other.key = NEW.key'),
    game: reachedBy('rounds', 'other.player_id = NEW.player_id AND other.key = NEW.key'),
  },
}
