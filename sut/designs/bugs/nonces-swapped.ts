import type { PlantedBug } from '../planted-bug.ts'

const swap_sql = `
CREATE FUNCTION planted_swap() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    NEW.next_nonce := 1;
  ELSIF NEW.next_nonce = OLD.next_nonce + 1 THEN
    PERFORM planted('ran'), planted('reached');
    NEW.next_nonce := CASE WHEN OLD.next_nonce % 2 = 1 THEN OLD.next_nonce - 1 ELSE OLD.next_nonce + 3 END;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER planted_swap BEFORE INSERT OR UPDATE ON seeds FOR EACH ROW EXECUTE FUNCTION planted_swap();`

export const noncesSwapped: PlantedBug = {
  name: 'nonces-swapped',
  title: 'Nonces are given in another order',
  description:
    'The rounds of a seed get the nonces 1, 0, 3, 2, 5, 4 …: each serves once, and the house has chosen between two draws.',
  caught_by: 'nonces-in-order',
  experiment: 'calm',
  replaces: {},
  sql: { game: swap_sql },
}
