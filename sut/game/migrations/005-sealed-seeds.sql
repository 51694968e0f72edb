-- A server seed is stored sealed, by a secret that this database does not have (sut/game/seed-store.ts). What lay here in clear is no
-- secret any more: those seeds end, and so are revealed.
alter table seeds add column sealed bytea;
alter table seeds alter column server_seed drop not null;
update seeds set ended = true;
alter table seeds add constraint sealed_while_secret check (sealed is null = (server_seed is not null) and (ended or sealed is not null));

-- Rounds have no copy; those of before there were seeds have their own.
alter table rounds alter column server_seed drop not null;
update rounds set server_seed = null where seed_id is not null;
alter table rounds add constraint seed_is_elsewhere check (server_seed is null or seed_id is null);
