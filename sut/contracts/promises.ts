// What the platform promises about time, in one place: services keep to it, documentation states it, and whoever judges a record holds
// answers to it. A grace counts from the moment when the change was acknowledged to the moment when a request was sent.

/** Stakes after an exclusion, a lower loss limit or the end of a session: none, whatever fails. */
export const protected_after_ms = 0

/**
 * Requests with a token of a login that was ended (logout, a refresh token that came twice, suspension): at a gateway that reaches identity
 * about 2 s, whatever fails not after this. A gateway that has not heard from identity for so long lets nobody in (`unavailable`).
 */
export const login_ended_after_ms = 10_000
/** A refresh, or a login of a suspended player: none is begun or goes on once the end is acknowledged. */
export const login_refused_after_ms = 0
/** From the password on; no refresh goes on with a login then, and no token of it is good. */
export const login_life_s = 24 * 60 * 60
