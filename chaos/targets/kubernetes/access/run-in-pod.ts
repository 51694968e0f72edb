import { PassThrough, Writable } from 'node:stream'
import type { Api } from './api.ts'

export interface PodPlace {
  namespace: string
  pod: string
  container: string
}

/** A program in a container: what is written to `input` it reads, each of its lines is told, until it ends. */
export interface PodProgram {
  write(line: string): void
  /** End of its input. */
  end(): void
  /** Resolves when it has ended, or the connection has; never rejects. */
  readonly ended: Promise<{ ok: boolean; text: string }>
  close(): void
}

interface ExecStatus {
  status?: string
  message?: string
}

/** Throws when it cannot be started. `line`: called for each line that it prints. */
export async function startInPod(
  api: Pick<Api, 'exec'>,
  { namespace, pod, container }: PodPlace,
  command: string[],
  line: (text: string) => void,
): Promise<PodProgram> {
  const input = new PassThrough()
  const done = Promise.withResolvers<{ ok: boolean; text: string }>()
  let said = ''
  const output = lineWriter(line)
  const errors = lineWriter((text) => (said = `${said}${text}\n`.slice(-2000)))
  const socket = await api.exec(namespace, pod, container, command, output, errors, input, false, (status) => {
    const { status: outcome, message } = status as ExecStatus
    done.resolve({ ok: outcome === 'Success', text: said.trim() || (message ?? '') })
  })
  socket.addEventListener('close', () => done.resolve({ ok: false, text: said.trim() || 'the connection was closed' }))
  return {
    write: (text) => void input.write(`${text}\n`),
    end: () => void input.end(),
    ended: done.promise,
    close: () => {
      input.end()
      socket.close()
    },
  }
}

/** Runs a program to its end and gives what it printed; throws with what it said when it failed, or at the limit. */
export async function runInPod(
  api: Pick<Api, 'exec'>,
  place: PodPlace,
  command: string[],
  limit_ms: number,
): Promise<string> {
  const lines: string[] = []
  const program = await startInPod(api, place, command, (line) => lines.push(line))
  // timer: the limit of the program
  const limit = setTimeout(() => program.close(), limit_ms)
  const { ok, text } = await program.ended
  clearTimeout(limit)
  if (ok) return lines.join('\n')
  throw new Error(`${command[0]} in ${place.pod}: ${text}`)
}

function lineWriter(tell: (line: string) => void): Writable {
  let rest = ''
  return new Writable({
    write(chunk: Buffer, _encoding, taken) {
      const lines = (rest + chunk.toString('utf8')).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) tell(line)
      taken()
    },
    final(taken) {
      if (rest !== '') tell(rest)
      taken()
    },
  })
}
