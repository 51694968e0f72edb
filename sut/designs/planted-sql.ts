// What the SQL of planted bugs can use, made before it in the database of each service. Marks are sequences: they take no lock that two
// transactions could wait for, and they outlive processes and transactions.
export const planting_sql = `
CREATE SEQUENCE planted_ran;
CREATE SEQUENCE planted_reached;
-- what: ran or reached. Answers 1, for use in expressions.
CREATE FUNCTION planted(what text) RETURNS integer LANGUAGE sql AS $$
  SELECT (nextval('planted_' || what) > 0)::integer
$$;
-- Replaces one piece of the text of a function, which must be there exactly once.
CREATE FUNCTION planted_patch(of text, before text, after text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  source text := pg_get_functiondef(of::regproc);
BEGIN
  IF length(source) - length(replace(source, before, '')) <> length(before) THEN
    RAISE EXCEPTION 'function % has this text not once: %', of, before;
  END IF;
  EXECUTE replace(source, before, after);
END $$;`

/** Marks of a database: rows of `ran` and `reached`. */
export const marks_sql = `SELECT
  (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM planted_ran) AS ran,
  (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM planted_reached) AS reached`

export interface Change {
  before: string
  after: string
}

/** SQL that changes a function of a service where it stands: what the service's migrations say elsewhere of it stays true. */
export const patched = (of: string, ...changes: readonly Change[]): string =>
  changes.map(({ before, after }) => `SELECT planted_patch('${of}', $be$${before}$be$, $af$${after}$af$);`).join('\n')
