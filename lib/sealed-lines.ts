import { createReadStream } from 'node:fs'
import { isTrailer, lineSeal, type LineEnd } from './line-trailer.ts'

export interface NumberedLine {
  text: string
  /** 1, 2, 3 … */
  number: number
}

/**
 * The lines of a file, in constant memory, without empty ones and without trailers; `ended` is told at the end what the last line
 * says of the file. A line may end in CR LF.
 */
export async function* sealedLines(path: string, ended: (end: LineEnd) => void = () => undefined) {
  const seal = lineSeal()
  let number = 0
  let end: LineEnd = 'open'
  const take = (bytes: Buffer): NumberedLine | null => {
    number++
    const text = bytes.toString('utf8').replace(/\r?\n$/, '')
    if (!isTrailer(text)) {
      if (text !== '') end = 'open'
      seal.add(bytes)
      return text === '' ? null : { text, number }
    }
    end = `${text}\n` === seal.trailer(text.startsWith('#') ? '# ' : '') ? 'whole' : 'changed'
    seal.add(bytes)
    return null
  }
  let rest = Buffer.alloc(0)
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10)) {
      const line = take(bytes.subarray(0, at + 1))
      bytes = bytes.subarray(at + 1)
      if (line !== null) yield line
    }
    rest = Buffer.from(bytes)
  }
  const last = rest.length === 0 ? null : take(rest)
  if (last !== null) yield last
  ended(end)
}
