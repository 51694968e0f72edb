-- The trace of what made an event true, so that whoever takes the event is seen in the same one; null: it is not traced. Events are
-- written by functions here: the statement that calls one says it for its transaction, in the same round trip.
ALTER TABLE outbox ADD COLUMN traceparent text;
ALTER TABLE outbox ALTER COLUMN traceparent SET DEFAULT nullif(current_setting('slot.traceparent', true), '');
