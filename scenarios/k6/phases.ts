/** What a request waited for, in the order in which it happens; of k6, in ms. */
export interface Timings {
  blocked: number
  connecting: number
  tls_handshaking: number
  sending: number
  waiting: number
  receiving: number
}

/**
 * The columns blocked_ms … receiving_ms. An answer that comes before its request is written (a body that is too large, a connection that
 * is reset) makes k6's sending or receiving negative, for it takes the ends in another order: then none of it was spent there.
 */
export const phasesOf = (timings: Timings) => {
  const { blocked, connecting, tls_handshaking, sending, waiting, receiving } = timings
  return [
    spent(blocked),
    spent(connecting),
    spent(tls_handshaking),
    spent(sending),
    spent(waiting),
    spent(receiving),
  ] as const
}

/** In whole microseconds, and never less than nothing. */
export const spent = (ms: number): number => Math.max(0, Math.round(ms * 1000) / 1000)
