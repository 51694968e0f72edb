// What the platform promises about time, in one place: services keep to it, documentation states it, and whoever judges a record holds
// answers to it. A grace counts from the moment when the change was acknowledged to the moment when a request was sent.

/** Stakes after an exclusion, a lower loss limit or the end of a session: none, whatever fails. */
export const protected_after_ms = 0
