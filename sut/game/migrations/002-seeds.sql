-- The server seeds of a player, one after another. The lowest that has not ended is active: every round is drawn with it. One more
-- waits behind it, so that its hash is promised before its first round, whoever ends the active one.
CREATE TABLE seeds (
  seed_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  player_id text NOT NULL,
  ordinal integer NOT NULL CHECK (ordinal >= 0),
  server_seed text NOT NULL,
  server_seed_hash text NOT NULL UNIQUE,
  next_nonce integer NOT NULL DEFAULT 0 CHECK (next_nonce >= 0),
  ended boolean NOT NULL DEFAULT false,           -- no round is opened with it any more
  UNIQUE (player_id, ordinal)
) WITH (fillfactor = 80);
CREATE INDEX seeds_unended ON seeds (player_id, ordinal) WHERE NOT ended;

-- Null: a round from before, whose seed served it alone.
ALTER TABLE rounds ADD COLUMN seed_id bigint;
CREATE UNIQUE INDEX rounds_nonce_once ON rounds (seed_id, nonce) WHERE seed_id IS NOT NULL;
