import { spawn } from 'node:child_process'

const kept_characters_max = 256 * 1024
const grace_ms = 5_000

export interface RunOptions {
  limit_ms: number
  cwd?: string
  /** Added to this process' environment. */
  environment?: Readonly<Record<string, string>>
  uid?: number
  gid?: number
  signal?: AbortSignal | undefined
}

export interface Output {
  stdout: string
  stderr: string
}

/** A program that could not be started, ended with another exit code than 0, or ran into its limit. */
export class ProgramFailed extends Error {
  readonly output: Output

  constructor(message: string, output: Output, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'ProgramFailed'
    this.output = output
  }
}

/**
 * Runs a program to its end and returns what it printed (the last 256 Ki characters of each stream).
 * Throws ProgramFailed, whose message ends with the last line that the program printed.
 */
export async function runProgram(command: string, args: readonly string[], options: RunOptions): Promise<Output> {
  options.signal?.throwIfAborted()
  const output: Output = { stdout: '', stderr: '' }
  const timeUp = AbortSignal.timeout(options.limit_ms)
  const stop = options.signal === undefined ? timeUp : AbortSignal.any([timeUp, options.signal])
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.environment },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  })
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8')
    child[name].on('data', (text: string) => (output[name] = (output[name] + text).slice(-kept_characters_max)))
  }

  let killer: NodeJS.Timeout | undefined
  const end = (): void => {
    child.kill('SIGTERM')
    killer = setTimeout(() => child.kill('SIGKILL'), grace_ms)
  }
  stop.addEventListener('abort', end, { once: true })
  try {
    const code = await new Promise<number | string | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (exit_code, signal) => resolve(exit_code ?? signal))
    })
    options.signal?.throwIfAborted()
    if (timeUp.aborted) throw new ProgramFailed(`${command} took longer than ${options.limit_ms / 1000} s`, output)
    if (code !== 0) throw new ProgramFailed(`${command} ended with ${code}: ${lastLine(output)}`, output)
    return output
  } catch (error) {
    if (!isErrno(error)) throw error
    throw new ProgramFailed(`${command} could not be started: ${error.code}`, output, error)
  } finally {
    stop.removeEventListener('abort', end)
    clearTimeout(killer)
  }
}

/** The last line that says something; errors are looked for first. */
export function lastLine({ stdout, stderr }: Output): string {
  const lines = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '')
  return (lines(stderr).at(-1) ?? lines(stdout).at(-1) ?? 'it printed nothing').trim()
}

function isErrno(error: unknown): error is NodeJS.ErrnoException & { code: string } {
  return error instanceof Error && 'code' in error && 'syscall' in error
}
