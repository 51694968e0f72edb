// Who plays: each player has one journey all the time, and the arrivals go round. So the share of the players is that of the arrivals.

/** Journey → share; together 1. */
export type Mix = Readonly<Record<string, number>>

/** What experiments have that name neither a mix nor a journey: most play, some attack. */
export const bundledMix: Mix = {
  player: 0.72,
  'two-devices': 0.06,
  'same-key': 0.04,
  reader: 0.04,
  impatient: 0.04,
  careful: 0.04,
  operator: 0.02,
  thief: 0.04,
}

export const mixOf = ({ journey, mix }: { journey?: string; mix?: Mix }): Mix =>
  mix ?? (journey === undefined ? bundledMix : { [journey]: 1 })

/** What is wrong with a mix, one sentence each. */
export function mixProblems(mix: Mix): string[] {
  const sum = Object.values(mix).reduce((total, share) => total + share, 0)
  return Math.abs(sum - 1) < 1e-6 ? [] : [`its shares sum to ${Number(sum.toFixed(6))}, not to 1`]
}

const played = (mix: Mix): string[] => Object.keys(mix).filter((name) => mix[name]! > 0)

/** So few players still have a part for every journey of the mix, none larger than its share. */
export const playersForAll = (mix: Mix): number => Math.ceil(1 / Math.min(...played(mix).map((name) => mix[name]!)))

/**
 * The journey of each player. Every journey gets one player if there are so many, the rest goes by shares (largest remainder);
 * players of one journey are spread evenly, so that they have their homes in different regions.
 */
export function dealt(mix: Mix, players: number): string[] {
  const names = played(mix)
  const least = players >= 2 * names.length ? 1 : 0
  const counts = new Map(names.map((name) => [name, Math.max(least, Math.floor(mix[name]! * players))]))
  const total = (): number => [...counts.values()].reduce((sum, count) => sum + count, 0)
  const change = (by: 1 | -1): void => {
    const off = (name: string): number => by * (mix[name]! * players - counts.get(name)!)
    const open = names.filter((name) => by === 1 || counts.get(name)! > least)
    const [name] = open.toSorted((one, other) => off(other) - off(one))
    counts.set(name!, counts.get(name!)! + by)
  }
  while (total() < players) change(1)
  while (total() > players) change(-1)
  const seats = names.flatMap((name) => {
    const count = counts.get(name)!
    return Array.from({ length: count }, (_, index) => ({ name, at: (index + 0.5) / count }))
  })
  return seats.toSorted((one, other) => one.at - other.at).map(({ name }) => name)
}
