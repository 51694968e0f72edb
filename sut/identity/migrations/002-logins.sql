-- A login and all tokens that come of it. Of a refresh token only the hash is kept (it is 256 random bits, so no salt is needed).
create table refresh_tokens (
  token_hash text primary key,
  login_id text not null,
  player_id text not null references players,
  /* Of the access token that was given together with it. */
  jti text not null unique,
  access_until timestamptz not null,
  refresh_until timestamptz not null,
  /* Each serves once: a second use says that somebody else has it. */
  used boolean not null default false
);
create index refresh_tokens_login on refresh_tokens (login_id);
create index refresh_tokens_until on refresh_tokens (refresh_until);

create table revoked_tokens (
  jti text primary key,
  access_until timestamptz not null
);

-- By name, whether a player has it or not: else a lock would tell which names exist.
create table failed_logins (
  name_key text primary key,
  in_a_row integer not null,
  last_at timestamptz not null,
  locked_until timestamptz
);
