-- Nobody looks for what was changed a moment ago any more: a check of a stake reads what is.
drop index care_changed;

-- As before, but who has excluded himself stakes nothing more, also for a round that was reserved before: it is cancelled, and its bet,
-- if it was placed, rolled back.
create or replace function reserve_stake(
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
  if asked.excluded_until_ms > at_ms then
    problem := 'self_excluded';
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
