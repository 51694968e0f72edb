import { createHash, createHmac } from 'node:crypto'

// The outcome of a round, from docs/guides/verify-a-round.md alone. The system has an implementation of its own; both are held to the
// vectors of the guide, which were computed by a third one.
const words = 2n ** 32n
/** A word is rejected with a chance below one half: so many in a row do not happen. */
const rejected_max = 1_000

/** hex(SHA-256(text)). */
export const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex')

/** One stop for each strip length. RangeError for a strip that cannot be. */
export function stopsOf(server_seed: string, client_seed: string, nonce: number, lengths: readonly number[]): number[] {
  const mac = (message: string | Buffer): Buffer => createHmac('sha256', server_seed).update(message).digest()
  let block = mac(`${client_seed}:${nonce}`)
  let used = 0
  const nextWord = (): bigint => {
    if (used === block.length) {
      block = mac(block)
      used = 0
    }
    used += 4
    return BigInt(`0x${block.toString('hex', used - 4, used)}`)
  }
  return lengths.map((length) => {
    if (!Number.isSafeInteger(length) || length < 1 || BigInt(length) > words)
      throw new RangeError(`a strip of ${length}`)
    const size = words / BigInt(length)
    for (let drawn = 0; drawn < rejected_max; drawn++) {
      const stop = nextWord() / size
      if (stop < BigInt(length)) return Number(stop)
    }
    throw new RangeError(`${rejected_max} words rejected`)
  })
}

/** Minor units: `stake × pays[symbol]` when all reels show one symbol at their stops, else 0. */
export function payOf(
  { reels, pays }: { reels: readonly (readonly number[])[]; pays: Readonly<Record<string, number>> },
  stops: readonly number[],
  stake_minor: number,
): bigint {
  const shown = reels.map((strip, reel) => strip[stops[reel] ?? -1])
  const first = shown[0]
  if (first === undefined || shown.some((symbol) => symbol !== first)) return 0n
  return BigInt(stake_minor) * BigInt(pays[String(first)] ?? 0)
}

/** The share of all stakes that a game gives back in the long run: every combination of stops is equally likely. */
export function returnOf({
  reels,
  pays,
}: {
  reels: readonly (readonly number[])[]
  pays: Readonly<Record<string, number>>
}): number {
  const chance = (symbol: number): number =>
    reels.reduce((product, strip) => (product * strip.filter((each) => each === symbol).length) / strip.length, 1)
  return Object.entries(pays).reduce((sum, [symbol, pay]) => sum + pay * chance(Number(symbol)), 0)
}
