-- Double entry: each transfer is two entries, one of the player's account and the opposite one of a house account.
CREATE TABLE accounts (
  account text PRIMARY KEY,                       -- player:<player_id> or house:<0..15>
  balance bigint NOT NULL DEFAULT 0,
  version bigint NOT NULL DEFAULT 0,              -- of the newest entry: 1, 2, 3 … without gaps
  hash text NOT NULL DEFAULT '',                  -- of the newest entry
  CONSTRAINT no_negative_player CHECK (balance >= 0 OR account LIKE 'house:%')
) WITH (fillfactor = 50);                         -- room for updates in place: no index is touched by a transfer

-- The house is cut into sub-accounts, so that transfers of different players rarely wait for the same row.
INSERT INTO accounts (account) SELECT 'house:' || number FROM generate_series(0, 15) AS number;

-- Never updated: a correction is a transfer of its own. balance_after and version are the answer that was given.
CREATE TABLE transfers (
  transfer_id text PRIMARY KEY,
  key text NOT NULL,
  dedupe_key text NOT NULL UNIQUE,                -- what makes a request once-only: see sut/designs/idempotency.ts
  kind text NOT NULL CHECK (kind IN ('deposit', 'withdrawal', 'bet', 'win', 'rollback', 'tombstone')),
  player_id text NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  round_id text,
  game_id text,
  balance_after bigint NOT NULL,
  version bigint NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX transfers_key ON transfers (key);

CREATE TABLE entries (
  account text NOT NULL,
  version bigint NOT NULL,
  transfer_id text NOT NULL,
  amount bigint NOT NULL,
  balance_after bigint NOT NULL,
  hash text NOT NULL,
  PRIMARY KEY (account, version)
);

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
