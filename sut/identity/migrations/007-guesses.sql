-- Guesses at a password, counted when they are begun: by name and by the network that they come from, and by name alone (network '').
-- By name, whether a player has it or not: else a lock would tell which names exist.
drop table failed_logins;
create table guesses (
  name_key text not null,
  network text not null,
  in_a_row integer not null,
  last_at timestamptz not null default clock_timestamp(),
  locked_until timestamptz,
  primary key (name_key, network)
);
create index guesses_last on guesses (last_at);

-- Where a right password of a name came from.
create table known_networks (
  name_key text not null,
  network text not null,
  last_at timestamptz not null default clock_timestamp(),
  primary key (name_key, network)
);

-- Counts one guess behind the lock of its row: in how many in a row, and locked until when if that is too many. The lock stands before the
-- guess is verified, so those that come beside it are refused.
create function count_guess(
  for_name text, from_network text, in_a_row_max integer, lock_ms bigint, lock_most_ms bigint, forget_ms bigint
) returns guesses language plpgsql as $$
declare
  counted guesses;
begin
  update guesses set
    in_a_row = case when last_at < clock_timestamp() - forget_ms * interval '1 ms' then 1 else in_a_row + 1 end,
    last_at = clock_timestamp()
  where name_key = for_name and network = from_network
  returning * into counted;
  if counted.in_a_row >= in_a_row_max then
    counted.locked_until := clock_timestamp()
      + least(lock_ms * power(2, least(counted.in_a_row - in_a_row_max, 30)), lock_most_ms) * interval '1 ms';
    update guesses set locked_until = counted.locked_until where name_key = for_name and network = from_network;
  end if;
  return counted;
end $$;

--   locked from this network? ──► locked for all, and this network is not known? ──► counted in both
-- `locked_at`: how many in a row they are now, when this one made it too many; null: it did not.
create function take_guess(
  for_name text, from_network text, in_a_row_max integer, name_max integer,
  lock_ms bigint, lock_most_ms bigint, forget_ms bigint, known_ms bigint,
  out admitted boolean, out locked_at integer
) language plpgsql as $$
declare
  counted guesses;
  locked boolean;
begin
  insert into guesses values (for_name, from_network, 0), (for_name, '', 0) on conflict do nothing;
  select locked_until > clock_timestamp() into locked from guesses
    where name_key = for_name and network = from_network for update;
  admitted := not coalesce(locked, false);
  if not admitted then
    return;
  end if;
  select locked_until > clock_timestamp() into locked from guesses where name_key = for_name and network = '' for update;
  if locked and not exists (
    select from known_networks where name_key = for_name and network = from_network
      and last_at > clock_timestamp() - known_ms * interval '1 ms'
  ) then
    admitted := false;
    return;
  end if;
  counted := count_guess(for_name, '', name_max, lock_ms, lock_most_ms, forget_ms);
  locked_at := case when counted.in_a_row >= name_max then counted.in_a_row end;
  counted := count_guess(for_name, from_network, in_a_row_max, lock_ms, lock_most_ms, forget_ms);
  if counted.in_a_row >= in_a_row_max then
    locked_at := counted.in_a_row;
  end if;
end $$;

-- Takes one guess back: it was right, or was not looked at. Its locks were for the case that it is wrong.
create function give_back_guess(for_name text, from_network text, in_a_row_max integer, name_max integer) returns void
language sql as $$
  update guesses set
    in_a_row = greatest(in_a_row - 1, 0),
    locked_until = case when in_a_row > case when network = '' then name_max else in_a_row_max end then locked_until end
  where name_key = for_name and network in (from_network, '');
$$;

-- After a right password: the count of its network begins anew, that of the name does not (its owner logs in while others guess).
create function guessed_right(
  for_name text, from_network text, in_a_row_max integer, name_max integer, networks_max integer
) returns void language plpgsql as $$
begin
  perform give_back_guess(for_name, from_network, in_a_row_max, name_max);
  delete from guesses where name_key = for_name and network = from_network;
  insert into known_networks as known values (for_name, from_network) on conflict (name_key, network)
    do update set last_at = excluded.last_at where known.last_at < excluded.last_at - interval '1 hour';
  delete from known_networks where name_key = for_name and network in (
    select network from known_networks where name_key = for_name order by last_at desc, network offset networks_max
  );
end $$;
