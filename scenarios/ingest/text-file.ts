import { closeSync, openSync, writeSync } from 'node:fs'
import { lineSeal } from '#lib/line-trailer.ts'
import { explained } from '#reports/record/writer.ts'

const chunk_characters = 256 * 1024

export interface TextLines extends Disposable {
  add(line: string): void
  /** Says in a last line that the file is whole (lib/line-trailer.ts); nothing may be added after it. */
  seal(prefix?: string): void
}

/** A new file of lines, written in large pieces. Throws Failure DISK_FULL or OUTPUT_NOT_WRITABLE. */
export function createLines(path: string): TextLines {
  const file = explained(path, () => openSync(path, 'w', 0o644))
  const seal = lineSeal()
  let text = ''
  const flush = (): void => {
    const bytes = Buffer.from(text)
    seal.add(bytes)
    text = ''
    explained(path, () => {
      for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written)
    })
  }
  return {
    add(line) {
      text += `${line}\n`
      if (text.length >= chunk_characters) flush()
    },
    seal(prefix = '') {
      flush()
      text = seal.trailer(prefix)
    },
    [Symbol.dispose]() {
      try {
        flush()
      } finally {
        closeSync(file)
      }
    },
  }
}
