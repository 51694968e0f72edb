/**
 * What every bundled experiment insists on, whatever it is for: the actors of the bundled mix were at work. Far below what was seen in
 * 25 s of `calm` (the first six: 217, 39, 62, 25, 27 and 42), so that it holds with the load that a cluster on two cores bears.
 */
export const actorsAtWork = {
  overlapping_transfers: 5, // two-devices, same-key
  keys_sent_again: 3, // same-key, impatient
  proofs_read: 2, // reader
  answers_lost: 1, // impatient
  asked_while_excluded: 1, // careful
  attacks: 3, // thief
  guesses_at_once: 4, // thief: two or three of them play on such a cluster, and not for long enough
} as const
