/** The wall clocks of clients and of the system may differ by so much: on one machine they do not, in a cluster they are kept close. */
export const clocks_differ_ms = 5_000

/** Whether an instant of the system's clock can lie between two of the clients'. */
export const mayLieBetween = (at_ms: number, from_ms: number, to_ms: number): boolean =>
  from_ms - clocks_differ_ms <= at_ms && at_ms <= to_ms + clocks_differ_ms
