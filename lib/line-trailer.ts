import { createHash } from 'node:crypto'

// A file of lines that was written to its end says so in its last line: how many lines are before it, and the SHA-256 of their bytes.
//
//   {"end":{"lines":1204,"sha256":"9f86d0…"}}        with `# ` before it in a file that is no JSON
//
// Without it the file was cut short, be it at the end of a line; one that does not fit was changed after it was written.

/** What the end of a file says of it: open: it has no trailer. */
export type LineEnd = 'whole' | 'open' | 'changed'

export interface LineSeal {
  /** Bytes that were written, in whole lines. */
  add(bytes: Buffer | string): void
  /** The trailer for what was added so far, with its end of line. */
  trailer(prefix?: string): string
}

export function lineSeal(): LineSeal {
  const hash = createHash('sha256')
  let lines = 0
  return {
    add(bytes) {
      hash.update(bytes)
      lines += typeof bytes === 'string' ? bytes.split('\n').length - 1 : countLines(bytes)
    },
    trailer(prefix = '') {
      const end = { lines, sha256: hash.copy().digest('hex') }
      return `${prefix}${JSON.stringify({ end })}\n`
    },
  }
}

function countLines(bytes: Buffer): number {
  let count = 0
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) count++
  return count
}

export const isTrailer = (text: string): boolean =>
  /^(# )?\{"end":\{"lines":\d+,"sha256":"[0-9a-f]{64}"\}\}$/.test(text)
