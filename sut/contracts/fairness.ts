import { createHash, createHmac } from 'node:crypto'

// The outcome of a round, derived again by anyone who knows the seeds:
//
//   server_seed ──SHA-256──► server_seed_hash   (stored before the outcome counts)
//   block 0 = HMAC-SHA256(server_seed, `${client_seed}:${nonce}`), block n+1 = HMAC-SHA256(server_seed, block n)
//   blocks ──► 32-bit big-endian words ──► one stop per reel, by rejection
const words_per_block = 8
const word_count = 2 ** 32

/** hex(SHA-256(server seed)): the promise that is made before the outcome counts. */
export const seedHash = (server_seed: string): string => createHash('sha256').update(server_seed).digest('hex')

/**
 * One stop per reel, 0 … strip length − 1, every stop equally likely.
 * Each strip cuts the 2^32 words into `length` equal buckets; a word beyond the last whole bucket is rejected and the next
 * one taken (a remainder would favour the low stops).
 */
export function drawStops(
  server_seed: string,
  client_seed: string,
  nonce: number,
  reels: readonly (readonly number[])[],
): number[] {
  const words = wordsOf(server_seed, `${client_seed}:${nonce}`)
  return reels.map((strip) => stopOf(words, strip.length))
}

/** The next stop of a strip of `length` symbols: RangeError for a strip that is empty or longer than 2^32. */
export function stopOf(words: Iterator<number>, length: number): number {
  if (!Number.isInteger(length) || length < 1 || length > word_count) throw new RangeError(`a strip of ${length}`)
  const bucket = Math.floor(word_count / length)
  // A word is rejected with a chance below one half: 256 in a row do not happen (2^-256).
  for (let attempt = 0; attempt < 256; attempt++) {
    const stop = Math.floor(words.next().value! / bucket)
    if (stop < length) return stop
  }
  throw new RangeError('256 words in a row rejected')
}

function* wordsOf(server_seed: string, message: string): Generator<number, never> {
  let block = createHmac('sha256', server_seed).update(message).digest()
  for (;;) {
    for (let word = 0; word < words_per_block; word++) yield block.readUInt32BE(word * 4)
    block = createHmac('sha256', server_seed).update(block).digest()
  }
}

interface PayTable {
  readonly reels: readonly (readonly number[])[]
  readonly pays: Readonly<Record<string, number>>
}

/** Win in minor units: `stake × pays[symbol]` when every reel shows that symbol at its stop, else 0. */
export function winOf(stops: readonly number[], stake_minor: bigint, definition: PayTable): bigint {
  const symbols = new Set(definition.reels.map((strip, reel) => strip[stops[reel] ?? -1]))
  const [symbol] = symbols
  if (symbols.size !== 1 || symbol === undefined) return 0n
  return stake_minor * BigInt(definition.pays[String(symbol)] ?? 0)
}

/** The most that a stake can win, in minor units. */
export const highestWin = (stake_minor: bigint, definition: PayTable): bigint =>
  stake_minor * BigInt(Math.max(0, ...Object.values(definition.pays)))
