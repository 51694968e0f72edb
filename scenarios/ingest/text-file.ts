import { closeSync, openSync, writeSync } from 'node:fs'
import { explained } from '#reports/record/writer.ts'

const chunk_characters = 256 * 1024

/** A new file of lines, written in large pieces. Throws Failure DISK_FULL or OUTPUT_NOT_WRITABLE. */
export function createLines(path: string): Disposable & { add(line: string): void } {
  const file = explained(path, () => openSync(path, 'w', 0o644))
  let text = ''
  const flush = (): void => {
    const bytes = Buffer.from(text)
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
    [Symbol.dispose]() {
      try {
        flush()
      } finally {
        closeSync(file)
      }
    },
  }
}
