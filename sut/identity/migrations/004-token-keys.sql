-- Keys that sign access tokens. The private half is sealed with a secret that the database does not have.
create table token_keys (
  kid text primary key,
  public jsonb not null,
  sealed bytea not null,
  created_at timestamptz not null default now(),
  signs_from timestamptz not null
);
