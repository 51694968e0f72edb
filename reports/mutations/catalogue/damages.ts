import type { Random } from '#lib/random.ts'
import { judgedFiles, type RecordFile } from '../files.ts'
import type { Damage } from '../mutation.ts'

const cut = (text: string, share: number): string => text.slice(0, Math.floor(text.length * share))
const upToLineEnd = (text: string): string => text.slice(0, text.lastIndexOf('\n') + 1)

const kinds: readonly { name: string; what: string; change: (text: string, random: Random) => string | null }[] = [
  { name: 'cut-at-line', what: 'was cut at the end of a line', change: (text) => upToLineEnd(cut(text, 0.97)) },
  { name: 'cut-anywhere', what: 'was cut somewhere', change: (text, random) => cut(text, 0.3 + random.next() * 0.69) },
  { name: 'without-trailer', what: 'lacks its last line', change: (text) => upToLineEnd(text.slice(0, -1)) },
  { name: 'missing', what: 'is not there', change: () => null },
  { name: 'empty', what: 'is empty', change: () => '' },
]

/** Every kind of damage of every file: none of it is the system's fault. */
export const damages: readonly Damage[] = judgedFiles.flatMap((file: RecordFile) =>
  kinds.map(({ name, what, change }) => ({ name: `${file}-${name}`, what: `${file} ${what}`, file, change })),
)
