-- The audit trail: sut/contracts/audit.ts says what an entry is and how its hash is made.
create table audit_entries (
  sequence bigint primary key,
  /* Each event has one entry, however often it comes. */
  event_id text not null unique,
  occurred_at_ms double precision not null,
  kind text not null,
  subject text not null,
  details jsonb not null,
  previous_hash text not null,
  hash text not null
);

-- One row: who appends holds its lock, so the chain has one end.
create table audit_head (
  only_one boolean primary key default true check (only_one),
  sequence bigint not null,
  hash text not null
);
insert into audit_head (sequence, hash) values (0, '');

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the audit trail is only appended to' using errcode = 'insufficient_privilege';
end
$$;
create trigger audit_entries_stay before update or delete or truncate on audit_entries
  for each statement execute function refuse_change();
create trigger audit_head_stays before delete or truncate on audit_head
  for each statement execute function refuse_change();

-- Also from the owner, which is the role of the service: a slip or an injected statement changes nothing.
revoke update, delete, truncate on audit_entries from current_user;
revoke delete, truncate on audit_head from current_user;
