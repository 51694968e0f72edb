create table players (
  player_id text primary key,
  name text not null,
  /* argon2id in its own text form, parameters and salt included. */
  password_hash text not null,
  created_at timestamptz not null default now()
);

-- Names that differ in case alone would be mistaken for each other.
create unique index players_name on players (lower(name));

create table outbox (
  id bigint generated always as identity primary key,
  event_id text not null unique,
  type text not null,
  player_id text not null,
  body jsonb not null,
  created_at timestamptz not null default now(),
  published_at timestamptz
);
create index outbox_unpublished on outbox (id) where published_at is null;
