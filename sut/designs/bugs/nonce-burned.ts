import type { PlantedBug } from '../planted-bug.ts'

// Of every four nonces of a seed the last one is never drawn with: the nonce that follows the third is passed over as it would be given.
const burn_sql = `
CREATE FUNCTION planted_burn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM planted('ran');
  IF NEW.next_nonce = OLD.next_nonce + 1 AND NEW.next_nonce % 4 = 3 THEN
    PERFORM planted('reached');
    NEW.next_nonce := NEW.next_nonce + 1;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER planted_burn BEFORE UPDATE ON seeds FOR EACH ROW EXECUTE FUNCTION planted_burn();`

export const nonceBurned: PlantedBug = {
  name: 'nonce-burned',
  title: 'Draws are thrown away',
  description:
    'The game throws every fourth draw of a seed away and draws again: each outcome can be derived, and the house may have chosen.',
  caught_by: 'nonces-once',
  experiment: 'calm',
  replaces: {},
  sql: { game: burn_sql },
}
