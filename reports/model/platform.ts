// The figures of the platform that its contract states, and that a judge needs. A run with other settings says so in run.json.

export const platform = {
  /** Highest stake of one round. */
  stake_max_minor: 100_00,
  /** Highest amount of one transfer: a round that could win more is refused. */
  transfer_max_minor: 1_000_000_000,
  /** A session ends by itself at this age, and when a player opens more than so many. */
  session_ms_max: 12 * 60 * 60_000,
  open_sessions_max: 100,
  /** After so much play in a session a stake is refused until the player says that he knows. */
  reality_check_ms: 60 * 60_000,
  /** An access token that is revoked is refused by every gateway after this, whatever fails; usually after about two seconds. */
  revoked_after_ms: 10_000,
  /** Requests that are let through within a window: of one player, spins of one player, of one address, of all. */
  rate_window_ms: 10_000,
  rate_player: 300,
  rate_spins: 60,
  rate_address: 2_000,
  /** So many rounds end a seed by themselves. */
  rounds_per_seed_max: 1_000,
  /** How often a client sends one operation, at most. */
  attempts_max: 8,
} as const

export type Platform = { readonly [Name in keyof typeof platform]: number }

/** With what the settings of a run say instead. */
export function platformOf(settings: Readonly<Record<string, string | number>>): Platform {
  const stated = Object.entries(platform).map(([name, value]) => {
    const set = settings[name]
    return [name, typeof set === 'number' ? set : value]
  })
  return Object.fromEntries(stated) as Platform
}
