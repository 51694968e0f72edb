import { open, type FileHandle } from 'node:fs/promises'
import { pause } from '#lib/wait.ts'

const read_bytes = 1024 * 1024
const every_ms = 100

/**
 * Follows a file that another process appends to, and gives each whole line. `ended` becomes true when nothing more will be
 * written: then the rest is read, and the promise settles. A file that does not come into being is an empty one.
 */
export async function followLines(path: string, ended: () => boolean, line: (text: string) => void): Promise<void> {
  const file = await openWhenThere(path, ended)
  if (file === undefined) return
  try {
    await follow(file, ended, line)
  } finally {
    await file.close()
  }
}

async function follow(file: FileHandle, ended: () => boolean, line: (text: string) => void): Promise<void> {
  const buffer = Buffer.alloc(read_bytes)
  let rest = Buffer.alloc(0)
  for (;;) {
    const last = ended()
    const { bytesRead } = await file.read(buffer, 0, read_bytes, null)
    if (bytesRead === 0) {
      if (last) return
      await pause(every_ms)
      continue
    }
    const bytes = Buffer.concat([rest, buffer.subarray(0, bytesRead)])
    const end = bytes.lastIndexOf(0x0a) + 1
    rest = Buffer.from(bytes.subarray(end))
    for (const text of bytes.toString('utf8', 0, end).split('\n')) if (text !== '') line(text)
  }
}

async function openWhenThere(path: string, ended: () => boolean): Promise<FileHandle | undefined> {
  for (;;) {
    const last = ended()
    try {
      return await open(path, 'r')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      if (last) return undefined
      await pause(every_ms)
    }
  }
}
