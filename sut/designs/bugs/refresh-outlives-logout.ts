import type { PlantedBug } from '../planted-bug.ts'

// Of a login that ends, the token that a refresh has given in the second before stays good, as if the two had not seen each other.
const outliving_sql = `
CREATE FUNCTION planted_outlives() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM planted('ran');
  IF NOT OLD.used AND OLD.access_until > now() + interval '15 minutes' - interval '1 s'
     AND OLD.access_until > (SELECT begun_at FROM logins WHERE login_id = OLD.login_id) + interval '15 minutes' THEN
    PERFORM planted('reached');
    UPDATE logins SET ended_at = NULL WHERE login_id = OLD.login_id;
    RETURN NULL;
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER planted_outlives BEFORE DELETE ON refresh_tokens FOR EACH ROW EXECUTE FUNCTION planted_outlives();`

export const refreshOutlivesLogout: PlantedBug = {
  name: 'refresh-outlives-logout',
  title: 'What a refresh gives at the moment of a logout outlives it',
  description: 'A login that was refreshed in the second before its end goes on with the tokens that the refresh gave.',
  caught_by: 'logins-end',
  experiment: 'locked-doors',
  replaces: {},
  sql: { identity: outliving_sql },
}
