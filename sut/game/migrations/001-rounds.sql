CREATE TABLE rounds (
  round_id text PRIMARY KEY,
  player_id text NOT NULL,
  key text NOT NULL,
  dedupe_key text NOT NULL,                       -- what makes a request once-only: see sut/designs/idempotency.ts
  session_id text NOT NULL,
  game_id text NOT NULL,
  game_version integer NOT NULL,
  status text NOT NULL CHECK (status IN ('opened', 'paying', 'cancelling', 'completed', 'cancelled')),
  stake bigint NOT NULL CHECK (stake > 0),
  server_seed text NOT NULL,
  server_seed_hash text NOT NULL,
  client_seed text NOT NULL,
  nonce integer NOT NULL,
  stops integer[] NOT NULL,
  win bigint NOT NULL CHECK (win >= 0),
  balance_after bigint,                           -- answer of the round's last transfer
  version bigint,
  refusal text,                                   -- why the bet was refused: the same answer for each retry
  opened_at timestamptz NOT NULL DEFAULT now(),
  resolve_after timestamptz NOT NULL,             -- from then on a resolver may take the round, and pushes this on when it does
  UNIQUE (player_id, dedupe_key)
) WITH (fillfactor = 80);
CREATE INDEX rounds_open ON rounds (resolve_after) WHERE status NOT IN ('completed', 'cancelled');

CREATE TABLE outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id text NOT NULL UNIQUE,
  type text NOT NULL,
  player_id text NOT NULL,
  body jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  published_at timestamptz
);
CREATE INDEX outbox_unpublished ON outbox (id) WHERE published_at IS NULL;
