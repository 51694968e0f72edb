import type { PlantedBug } from '../planted-bug.ts'

const unused_sql = `
CREATE FUNCTION planted_unused() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM planted('ran');
  IF NEW.used THEN
    PERFORM planted('reached');
    NEW.used := false;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER planted_unused BEFORE UPDATE ON refresh_tokens FOR EACH ROW EXECUTE FUNCTION planted_unused();`

export const refreshServedTwice: PlantedBug = {
  name: 'refresh-served-twice',
  title: 'A refresh token serves twice',
  description: 'Identity does not keep that a refresh token was used: a second use gets tokens too, and ends nothing.',
  caught_by: 'logins-end',
  experiment: 'locked-doors',
  replaces: {},
  sql: { identity: unused_sql },
}
