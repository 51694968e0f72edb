import type { PlantedBug } from '../planted-bug.ts'

const rewrite_sql = `
CREATE FUNCTION planted_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM planted('ran');
  IF NEW.sequence % 16 = 0 THEN
    PERFORM planted('reached');
    NEW.subject := 'player:nobody';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER planted_rewrite BEFORE INSERT ON audit_entries FOR EACH ROW EXECUTE FUNCTION planted_rewrite();`

export const auditRewritten: PlantedBug = {
  name: 'audit-rewritten',
  title: 'An entry of the audit trail is changed',
  description: 'Telemetry keeps one audit entry in sixteen with another subject than its hash was made of.',
  caught_by: 'audit-chain',
  experiment: 'calm',
  replaces: {},
  sql: { telemetry: rewrite_sql },
}
