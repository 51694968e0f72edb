-- Whether the resolver ended the round, because its request had left it behind: what judges of a run count.
alter table rounds add column resolved boolean not null default false;
