-- Nonces that gateways claim here while they cannot reach Redis: each once, for as long as its timestamp could be accepted.
create table nonces (
  key text primary key,
  claim text not null,
  expires_at timestamptz not null
);
create index nonces_expire on nonces (expires_at);
