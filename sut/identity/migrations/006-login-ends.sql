-- A login, from its beginning to its end. Whoever changes something about its tokens locks this row first: so an end comes before a
-- refresh, which then sees it, or after it, and takes its tokens along. Locks are taken in the order player, login, token.
create table logins (
  login_id text primary key,
  player_id text not null references players,
  begun_at timestamptz not null default now(),
  /* Whatever happens: from here on no refresh goes on with it, and no token of it is good. */
  ends_at timestamptz not null,
  /* By a logout, a refresh token that came twice, or a suspension. */
  ended_at timestamptz
);
create index logins_player on logins (player_id) where ended_at is null;
create index logins_ends on logins (ends_at);

-- Those of before begin now.
insert into logins (login_id, player_id, ends_at)
  select login_id, min(player_id), now() + interval '24 hours' from refresh_tokens group by login_id;
alter table refresh_tokens add foreign key (login_id) references logins on delete cascade;
