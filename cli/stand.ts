import { spawn } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import type { Target, TargetOptions } from '#chaos/targets/target.ts'
import { Failure, textOf } from '#lib/errors.ts'
import type { ProgramName } from '#toolchain/registry.ts'
import { prepareAll } from '#toolchain/resolve.ts'
import { catalogue } from './catalogue.ts'
import type { Terminal } from './terminal.ts'

// Where this process must be, so that it can reach what it works with: a system in a sandbox is reached from inside alone. What
// needs the network (programs, images) is prepared out here; then the same command is started once more in there.

interface Ground {
  target: Target
  options: TargetOptions
  /** What the command will look for, in there too. */
  programs: readonly ProgramName[]
}

/** Prepares what the systems of a command stand on. Returns in the process that goes on; the other one ends with its exit code. */
export async function standReady(grounds: readonly Ground[], terminal: Terminal, signal: AbortSignal): Promise<void> {
  const ask = process.stdin.isTTY ? question : null
  const different = new Map(
    grounds.map((ground) => [`${ground.target.name} ${JSON.stringify(ground.options)}`, ground]),
  )
  for (const { target, options, programs } of different.values()) {
    const prepared = await target.prepare?.(options, { progress: terminal.line, ask, signal })
    const namespace = prepared?.network_namespace ?? null
    if (isElsewhere(namespace)) await prepareAll([...programs], { progress: terminal.line, signal })
    await enter(namespace)
  }
}

/** For commands that work with systems that run. */
export async function standWhereSystemsAre(): Promise<void> {
  for (const target of Object.values(catalogue.targets)) await enter((await target.stands?.()) ?? null)
}

async function question(text: string): Promise<boolean> {
  const asking = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await asking.question(`${text} [y/N] `)).trim())
  } finally {
    asking.close()
  }
}

/** Goes on in that network namespace; null, or where we are already: here. */
async function enter(namespace: string | null): Promise<void> {
  if (!isElsewhere(namespace)) return
  const args = [`--net=${namespace}`, process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  const child = spawn('nsenter', args, { stdio: 'inherit' })
  // A terminal sends Ctrl-C to both: the other one cleans up, this one waits for it.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.removeAllListeners(name)
    process.on(name, () => void (name === 'SIGTERM' && child.kill(name)))
  }
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', (error) =>
      reject(
        new Failure('TOOL_MISSING', `nsenter cannot be started: ${textOf(error)}`, {
          hint: 'it is part of util-linux',
        }),
      ),
    )
    child.once('exit', (status, killed) => resolve(status ?? (killed === null ? 1 : 3)))
  })
  process.exit(code)
}

function isElsewhere(namespace: string | null): namespace is string {
  if (namespace === null || !existsSync(namespace)) return false
  const here = statSync('/proc/self/ns/net')
  const there = statSync(namespace)
  return here.ino !== there.ino || here.dev !== there.dev
}
