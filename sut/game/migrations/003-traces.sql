-- The trace of what made an event true, so that whoever takes the event is seen in the same one; null: it is not traced.
alter table outbox add column traceparent text;
