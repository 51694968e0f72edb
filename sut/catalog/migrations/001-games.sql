-- A pay table never changes: a new one is a new version, and rounds keep the version that they were played with.
create table game_versions (
  game_id text not null,
  version integer not null check (version >= 1),
  return_to_player double precision not null check (return_to_player > 0 and return_to_player < 1),
  reels jsonb not null,
  pays jsonb not null,
  created_at timestamptz not null default now(),
  primary key (game_id, version)
);

create table games (
  game_id text primary key,
  title text not null,
  /* The version that new rounds are played with. */
  version integer not null,
  foreign key (game_id, version) references game_versions deferrable initially deferred
);
