-- When the player last said that he knows how long he has played in this session.
alter table sessions add column acknowledged_at timestamptz;

-- What a player has asked to be protected from; whoever has asked for nothing has no row, and costs nothing. Rows are never deleted.
create table care (
  player_id text primary key,
  daily_loss_max bigint check (daily_loss_max >= 0),  -- null: no limit
  pending_at_ms bigint,                               -- null: no change waits
  pending_max bigint check (pending_max >= 0),        -- the limit from then on; null: none
  excluded_until_ms bigint,
  changed_at timestamptz not null default now()
);
create index care_changed on care (changed_at);

-- What players with a limit have lost on a day: stakes reserved less what was given back.
create table play_days (
  player_id text not null,
  day integer not null,                               -- days since the epoch, UTC
  lost bigint not null,
  primary key (player_id, day)
);

-- A stake that counts, one row a round. `settled`: the round has ended, and what it gave back is counted. A row that was settled
-- before a stake came is of a round that ended without one: it takes the place, so that a late request reserves nothing.
create table reservations (
  round_id text primary key,
  player_id text not null,
  day integer not null,
  stake bigint not null,
  settled boolean not null
) with (fillfactor = 80);
create index reservations_day on reservations (player_id, day);

-- Everything about one player happens one after the other, behind the lock of his row of `care`. Answers null when the stake may
-- be bet, else the problem; `reserved`: whether it counts against a limit.
--
--   lock player ──► seen before? ──► excluded? ──► a limit now? ──► below it with this stake? ──► counted
create function reserve_stake(
  new_round_id text, for_player_id text, new_stake bigint, at_ms bigint, today integer,
  out problem text, out reserved boolean
) language plpgsql as $$
declare
  asked care;
  known reservations;
  most bigint;
  lost_before bigint;
begin
  reserved := false;
  select * into asked from care where player_id = for_player_id for update;
  if not found then
    return;
  end if;
  select * into known from reservations where round_id = new_round_id;
  if found then
    reserved := true;
    if known.settled then
      problem := 'round_cancelled';
    end if;
    return;
  end if;
  if asked.excluded_until_ms > at_ms then
    problem := 'self_excluded';
    return;
  end if;
  most := case when asked.pending_at_ms <= at_ms then asked.pending_max else asked.daily_loss_max end;
  if most is null then
    return;
  end if;
  insert into play_days values (for_player_id, today, 0) on conflict do nothing;
  if found then
    -- The first stake of a day takes away what is a week old: an end that comes so late has nothing left to give back.
    delete from reservations where player_id = for_player_id and day < today - 7;
    delete from play_days where player_id = for_player_id and day < today - 7;
  end if;
  select lost into lost_before from play_days where player_id = for_player_id and day = today;
  if lost_before + new_stake > most then
    problem := 'loss_limit_reached';
    return;
  end if;
  update play_days set lost = lost + new_stake where player_id = for_player_id and day = today;
  insert into reservations values (new_round_id, for_player_id, today, new_stake, false);
  reserved := true;
end $$;

-- The round has ended: once, however often it is told. `won`: null gives the whole stake back, for a round that was cancelled.
create function settle_round(ended_round_id text, of_player_id text, won bigint, today integer) returns void
language plpgsql as $$
declare
  known reservations;
begin
  perform from care where player_id = of_player_id for update;
  if not found then
    return;
  end if;
  select * into known from reservations where round_id = ended_round_id and player_id = of_player_id;
  if not found then
    insert into reservations values (ended_round_id, of_player_id, today, 0, true) on conflict do nothing;
  elsif not known.settled then
    update play_days set lost = lost - coalesce(won, known.stake) where player_id = known.player_id and day = known.day;
    update reservations set settled = true where round_id = ended_round_id;
  end if;
end $$;
