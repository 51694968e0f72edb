-- A hold sets an amount of a player's balance aside until it is captured (becomes a withdrawal, whole or in part), released, or its
-- time is over. Every instant is of this database's clock, so that no caller's clock can keep a hold alive or end it.
CREATE TABLE holds (
  hold_id text PRIMARY KEY,
  key text NOT NULL,
  dedupe_key text NOT NULL UNIQUE,                -- as in transfers
  player_id text NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  lasts_ms bigint NOT NULL,
  status text NOT NULL CHECK (status IN ('open', 'captured', 'released', 'expired')),
  captured bigint NOT NULL DEFAULT 0 CHECK (captured BETWEEN 0 AND amount),
  transfer_id text UNIQUE,                        -- the capture
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  ended_at timestamptz,
  expire_after timestamptz NOT NULL,              -- from then on somebody may end it: expires_at, later while somebody does
  balance_after bigint NOT NULL,                  -- these three are the answer that was given when it was placed
  held_after bigint NOT NULL,
  version bigint NOT NULL,
  CONSTRAINT ended CHECK ((status = 'open') = (ended_at IS NULL)),
  CONSTRAINT moved CHECK ((status = 'captured') = (transfer_id IS NOT NULL) AND (status = 'captured') = (captured > 0))
);
CREATE INDEX holds_open ON holds (expire_after) WHERE status = 'open';

-- Event ids follow from the hold and its state: no state is told of twice.
CREATE FUNCTION say_of_hold(hold holds, what text, at timestamptz, details jsonb) RETURNS void LANGUAGE sql AS $$
  INSERT INTO outbox (event_id, type, player_id, body) VALUES (
    hold.hold_id || ':' || what, 'wallet.hold_' || what, hold.player_id,
    jsonb_build_object('id', hold.hold_id || ':' || what, 'type', 'wallet.hold_' || what, 'player_id', hold.player_id,
      'occurred_at_ms', extract(epoch FROM at) * 1000, 'hold_id', hold.hold_id, 'amount_minor', hold.amount) || details)
$$;

-- One round trip and one transaction each, as a transfer is, and the same order of locks: player, then (in a capture) house. Nobody
-- reads a hold to change it without its player's lock, so of a capture, a release and the end of its time exactly one happens.
CREATE FUNCTION place_hold(
  new_id text, new_key text, new_dedupe_key text, new_player_id text, new_amount bigint, new_lasts_ms bigint,
  OUT problem text, OUT hold_id text, OUT expires_at_ms bigint,
  OUT balance bigint, OUT held bigint, OUT version bigint, OUT replayed boolean
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  player accounts;
  hold holds;
  at timestamptz;
BEGIN
  SELECT * INTO player FROM accounts WHERE account = 'player:' || new_player_id FOR UPDATE;
  SELECT * INTO hold FROM holds WHERE dedupe_key = new_dedupe_key;
  replayed := FOUND;
  IF replayed THEN
    IF (hold.player_id, hold.amount, hold.lasts_ms) IS DISTINCT FROM (new_player_id, new_amount, new_lasts_ms) THEN
      problem := 'idempotency_conflict';
      RETURN;
    END IF;
  ELSIF coalesce(player.balance - player.held, 0) < new_amount THEN
    problem := 'insufficient_funds';
    RETURN;
  ELSE
    -- After the lock: who waited for it has not lived the time of the hold yet. Whole milliseconds, as the answer has.
    at := date_trunc('milliseconds', clock_timestamp());
    UPDATE accounts SET held = accounts.held + new_amount WHERE account = player.account RETURNING * INTO player;
    INSERT INTO holds (hold_id, key, dedupe_key, player_id, amount, lasts_ms, status, created_at, expires_at, expire_after,
        balance_after, held_after, version)
      SELECT new_id, new_key, new_dedupe_key, new_player_id, new_amount, new_lasts_ms, 'open', at, ends, ends,
        player.balance, player.held, player.version
      FROM (SELECT at + new_lasts_ms * interval '1 ms') AS hold_time (ends)
      RETURNING * INTO hold;
    PERFORM say_of_hold(hold, 'placed', at,
      jsonb_build_object('expires_at_ms', (extract(epoch FROM hold.expires_at) * 1000)::bigint));
  END IF;
  hold_id := hold.hold_id; expires_at_ms := extract(epoch FROM hold.expires_at) * 1000;
  balance := hold.balance_after; held := hold.held_after; version := hold.version;
END $$;

-- `how`: captured, released or expired. The same end again has the same answer, another one a problem that says how it ended.
CREATE FUNCTION end_hold(
  of_hold_id text, of_player_id text, how text, capture_amount bigint, capture_id text,
  OUT problem text, OUT amount bigint, OUT captured bigint, OUT transfer_id text, OUT balance bigint, OUT version bigint,
  OUT replayed boolean
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  hold holds;
  moved record;
  at timestamptz;
  wanted bigint;
BEGIN
  PERFORM FROM accounts WHERE account = 'player:' || of_player_id FOR UPDATE;
  SELECT * INTO hold FROM holds WHERE hold_id = of_hold_id AND player_id = of_player_id;
  IF NOT FOUND THEN
    problem := 'not_found';
    RETURN;
  END IF;
  at := clock_timestamp();
  replayed := hold.status = how;
  wanted := coalesce(capture_amount, hold.amount);
  IF replayed AND how = 'captured' AND wanted <> hold.captured THEN
    problem := 'idempotency_conflict';
  ELSIF replayed THEN
    SELECT balance_after, version INTO balance, version FROM transfers WHERE transfer_id = hold.transfer_id;
  ELSIF hold.status <> 'open' THEN
    problem := 'hold_' || hold.status;
  ELSIF how = 'expired' AND hold.expires_at > at THEN
    problem := 'not_over';
  ELSIF how <> 'expired' AND hold.expires_at <= at THEN
    -- Its money comes back with the next look of whoever ends holds.
    problem := 'hold_expired';
  ELSIF how = 'captured' AND wanted > hold.amount THEN
    problem := 'insufficient_funds';
  ELSE
    UPDATE accounts SET held = accounts.held - hold.amount WHERE account = 'player:' || of_player_id;
    UPDATE holds SET status = how, ended_at = at,
      captured = CASE WHEN how = 'captured' THEN wanted ELSE 0 END,
      transfer_id = CASE WHEN how = 'captured' THEN capture_id END
    WHERE hold_id = of_hold_id RETURNING * INTO hold;
    PERFORM say_of_hold(hold, how, at, CASE WHEN how = 'captured'
      THEN jsonb_build_object('captured_minor', hold.captured, 'transfer_id', capture_id) ELSE '{}' END);
    IF how = 'captured' THEN
      -- Last, for it takes the lock of the house.
      SELECT * INTO moved FROM transfer(capture_id, 'capture:' || of_hold_id, 'capture:' || of_hold_id, 'withdrawal',
        of_player_id, wanted, NULL, NULL, extract(epoch FROM at) * 1000);
      IF moved.problem IS NOT NULL OR moved.replayed THEN
        RAISE EXCEPTION 'the capture of hold % was answered %', of_hold_id, coalesce(moved.problem, 'before');
      END IF;
      balance := moved.balance; version := moved.version;
    END IF;
  END IF;
  amount := hold.amount; captured := hold.captured; transfer_id := hold.transfer_id;
END $$;
