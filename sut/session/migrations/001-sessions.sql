create table sessions (
  session_id text primary key,
  player_id text not null,
  game_id text not null,
  opened_at timestamptz not null,
  ended_at timestamptz
);
create index sessions_open on sessions (player_id, opened_at) where ended_at is null;

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
