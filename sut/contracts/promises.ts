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
/**
 * Wrong passwords that are looked at, which costs a hash, within any such time, at all instances together: of one name
 * from one network, and from one network of all names that nobody has been in with from there. The others are refused
 * unseen. A restart may forget one lot.
 */
export const guesses_looked_at = { within_ms: 10_000, of_one_name_max: 10, from_one_network_max: 40 } as const
/**
 * Spins that are served to one player within any such time, at all gateways together. Each gateway counts a third of it within windows of
 * that length: the rest is for a burst that meets the next window, and for what gateways have not told each other yet.
 */
export const spins_of_one_player = { within_ms: 10_000, served_max: 180 } as const

/** From the password on; no refresh goes on with a login then, and no token of it is good. */
export const login_life_s = 24 * 60 * 60

/**
 * A round that has ended is in the history of its player after this, where nothing is broken: events take a second, and some seconds
 * where the system has more to do than it can. Of a player who has played much at least the newest so many are shown.
 */
export const history_shown = { after_ms: 20_000, rounds_min: 2 } as const
