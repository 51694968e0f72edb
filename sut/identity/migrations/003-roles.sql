-- Operators and auditors log in as players do; what they may do, their role says.
alter table players
  add column role text not null default 'player' check (role in ('player', 'operator', 'auditor')),
  add column suspended_at timestamptz;
create index refresh_tokens_player on refresh_tokens (player_id);
