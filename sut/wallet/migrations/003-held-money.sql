-- Money on hold is a part of the balance: available = balance − held. It is a column of the account, so that a transfer knows it
-- with the row that it locks anyway. 0 for the house.
ALTER TABLE accounts
  ADD COLUMN held bigint NOT NULL DEFAULT 0,
  ADD CONSTRAINT held_is_there CHECK (held = 0 OR (held > 0 AND held <= balance AND account LIKE 'player:%'));

-- One transfer in one round trip and one short transaction.
--
--   lock player ──► seen before? ──► allowed for this round? ──► enough money? ──► transfer, event, both accounts, entries
--
-- Locks are always taken in the order player, house: no transfer waits for a player while it holds a house account, so there
-- is no deadlock; and what is looked up after the player's lock cannot change until the commit.
-- A refusal is answered in `problem` and stores nothing (an empty account at most); so the same key may succeed later.
CREATE OR REPLACE FUNCTION transfer(
  new_id text, new_key text, new_dedupe_key text, new_kind text, new_player_id text, new_amount bigint,
  new_round_id text, new_game_id text, at_ms double precision,
  OUT problem text, OUT transfer_id text, OUT balance bigint, OUT version bigint, OUT replayed boolean
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  player_account text := 'player:' || new_player_id;
  house_account text := 'house:' || (get_byte(sha256(convert_to(new_key, 'UTF8')), 0) % 16);
  delta bigint := CASE WHEN new_kind IN ('bet', 'withdrawal') THEN -new_amount ELSE new_amount END;
  player accounts;
  house accounts;
  stored transfers;
BEGIN
  SELECT * INTO player FROM accounts WHERE account = player_account FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO accounts (account) VALUES (player_account) ON CONFLICT DO NOTHING;
    SELECT * INTO player FROM accounts WHERE account = player_account FOR UPDATE;
  END IF;

  -- Seen before: the first answer again, or a refusal when anything but the key differs.
  SELECT * INTO stored FROM transfers WHERE dedupe_key = new_dedupe_key;
  IF FOUND THEN
    IF stored.kind = 'tombstone' AND new_kind = 'bet' THEN
      problem := 'rolled_back';
    ELSIF (stored.kind, stored.player_id, stored.amount, stored.round_id, stored.game_id)
        IS DISTINCT FROM (new_kind, new_player_id, new_amount, new_round_id, new_game_id) THEN
      problem := 'idempotency_conflict';
    ELSE
      transfer_id := stored.transfer_id; balance := stored.balance_after; version := stored.version; replayed := true;
    END IF;
    RETURN;
  END IF;

  IF new_kind IN ('win', 'rollback') THEN
    SELECT * INTO stored FROM transfers WHERE key = 'bet:' || new_round_id LIMIT 1;
    IF new_kind = 'win' THEN
      IF NOT FOUND THEN
        problem := 'not_found';
      ELSIF stored.player_id <> new_player_id THEN
        problem := 'forbidden';
      ELSIF stored.kind = 'tombstone' OR EXISTS (SELECT FROM transfers WHERE key = 'rollback:' || new_round_id) THEN
        problem := 'rolled_back';
      END IF;
    ELSIF NOT FOUND THEN
      -- The bet may still be on its way: the tombstone takes its key, so that it will be refused.
      INSERT INTO transfers VALUES (new_id, 'bet:' || new_round_id, 'bet:' || new_round_id, 'tombstone', new_player_id,
        new_amount, new_round_id, new_game_id, player.balance, player.version, to_timestamp(at_ms / 1000));
      transfer_id := new_id; balance := player.balance; version := player.version; replayed := false;
      RETURN;
    ELSIF (stored.player_id, stored.amount) IS DISTINCT FROM (new_player_id, new_amount) THEN
      problem := 'idempotency_conflict';
    ELSIF stored.kind = 'tombstone' THEN
      transfer_id := stored.transfer_id; balance := stored.balance_after; version := stored.version; replayed := true;
      RETURN;
    ELSIF EXISTS (SELECT FROM transfers WHERE key = 'win:' || new_round_id) THEN
      problem := 'already_won';
    END IF;
  END IF;
  -- Available is what is not on hold. Money that comes in is never refused.
  IF problem IS NULL AND delta < 0 AND player.balance - player.held + delta < 0 THEN
    problem := 'insufficient_funds';
  END IF;
  IF problem IS NOT NULL THEN
    RETURN;
  END IF;

  UPDATE accounts SET
    balance = accounts.balance + delta,
    version = accounts.version + 1,
    hash = entry_hash(accounts.hash, account, accounts.version + 1, new_id, delta, accounts.balance + delta)
  WHERE account = player_account RETURNING * INTO player;
  INSERT INTO transfers VALUES (new_id, new_key, new_dedupe_key, new_kind, new_player_id, new_amount,
    new_round_id, new_game_id, player.balance, player.version, to_timestamp(at_ms / 1000));
  INSERT INTO outbox (event_id, type, player_id, body) VALUES (new_id, 'wallet.transferred', new_player_id,
    jsonb_strip_nulls(jsonb_build_object('id', new_id, 'occurred_at_ms', at_ms, 'player_id', new_player_id,
      'type', 'wallet.transferred', 'transfer_id', new_id, 'kind', new_kind, 'amount_minor', new_amount,
      'balance_after_minor', player.balance, 'version', player.version,
      'round_id', new_round_id, 'game_id', new_game_id)));
  -- The house account last: its lock is the one that others wait for.
  UPDATE accounts SET
    balance = accounts.balance - delta,
    version = accounts.version + 1,
    hash = entry_hash(accounts.hash, account, accounts.version + 1, new_id, -delta, accounts.balance - delta)
  WHERE account = house_account RETURNING * INTO house;
  INSERT INTO entries VALUES
    (player_account, player.version, new_id, delta, player.balance, player.hash),
    (house_account, house.version, new_id, -delta, house.balance, house.hash);
  transfer_id := new_id; balance := player.balance; version := player.version; replayed := false;
END $$;
