import { readFile } from 'node:fs/promises'
import { Failure, textOf } from '#lib/errors.ts'

/** What the parts of a start share: who waits, and where the logs are that explain why it waits in vain. */
export interface StartGuard {
  readonly signal: AbortSignal
  log(name: string): string
}

const tail_lines = 15
const tail_bytes = 64 * 1024

/** Does one part of the start. What goes wrong becomes a Failure that ends with the last lines of the logs that matter. */
export async function guarded<T>(guard: StartGuard, what: string, logs: string[], work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Failure || guard.signal.aborted) throw error
    const tails = await Promise.all(logs.map(async (name) => ({ name, text: await tailOf(guard.log(name)) })))
    throw startFailure(what, error, tails)
  }
}

function startFailure(what: string, error: unknown, tails: readonly { name: string; text: string }[]): Failure {
  const texts = [textOf(error), ...tails.map(({ text }) => text)]
  if (isDiskFull(error) || texts.some((text) => /no space left on device/i.test(text)))
    return new Failure('DISK_FULL', `the disk became full while ${what} started`, {
      hint: 'free some space, or set SLOT_CHAOS_STATE to a folder on a larger disk',
      cause: error,
    })
  const ends = tails.filter(({ text }) => text !== '').map(({ name, text }) => `--- end of the log of ${name}\n${text}`)
  return new Failure('SYSTEM_START_FAILED', [`${what} did not start: ${textOf(error)}`, ...ends].join('\n'), {
    cause: error,
  })
}

export function isDiskFull(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | null)?.code === 'ENOSPC' || /ENOSPC/.test(textOf(error))
}

async function tailOf(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '')
  return text.slice(-tail_bytes).trimEnd().split('\n').slice(-tail_lines).join('\n')
}
