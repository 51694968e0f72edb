import { Failure, textOf } from '#lib/errors.ts'
import { type Output, ProgramFailed, type RunOptions, runProgram } from '#lib/run-program.ts'
import { sandboxPlace } from './place.ts'
import { assertNewEnough } from './requirements.ts'
import { sandboxStatus, startSandbox } from './sandbox.ts'

/** A Docker engine, and how a command gets to stand where it can reach what runs there. */
export interface Engine {
  /** DOCKER_HOST when it is not the user's own choice; merged into the environment of every command. */
  readonly environment: Readonly<Record<string, string>>
  /** The network namespace that holds the engine and all that it runs; null: the machine's own network. */
  readonly namespace: string | null
  readonly version: string
  readonly cgroup_version: 1 | 2
  /** The command to start instead: itself, or itself inside the namespace. */
  wrap(command: string, args: readonly string[]): readonly [string, string[]]
}

export interface EngineOptions {
  /** True: one of our own, in a network namespace without a way out. False: the one that answers. */
  sandbox: boolean
  progress: (text: string) => void
  signal?: AbortSignal | undefined
}

const answer_limit_ms = 60_000

/**
 * The user's Docker engine, or a sandboxed one, which is started when it does not run yet.
 * Throws ENGINE_MISSING, ENGINE_TOO_OLD or SANDBOX_NEEDS_ROOT.
 */
export async function ensureEngine({ sandbox, progress, signal }: EngineOptions): Promise<Engine> {
  if (!sandbox) return findEngine(signal)
  const started = await startSandbox(sandboxPlace(), { progress, signal })
  return describeEngine(started, signal)
}

/** Like ensureEngine, but starts nothing: undefined when there is none. */
export async function runningEngine({ sandbox }: { sandbox: boolean }): Promise<Engine | undefined> {
  if (!sandbox) return findEngine().catch(() => undefined)
  const { running } = await sandboxStatus(sandboxPlace())
  return running === undefined ? undefined : describeEngine(running)
}

/** Runs a program where the engine's networks can be reached. */
export async function runBeside(
  engine: Pick<Engine, 'environment' | 'wrap'>,
  command: string,
  args: readonly string[],
  options: RunOptions,
): Promise<Output> {
  const [program, all] = engine.wrap(command, args)
  return runProgram(program, all, { ...options, environment: { ...engine.environment, ...options.environment } })
}

async function findEngine(signal?: AbortSignal): Promise<Engine> {
  return describeEngine({ environment: {}, namespace: null }, signal)
}

/** Asks the engine who it is. */
export async function describeEngine(
  { environment, namespace }: Pick<Engine, 'environment' | 'namespace'>,
  signal?: AbortSignal,
): Promise<Engine> {
  const wrap: Engine['wrap'] = (command, args) =>
    namespace === null ? [command, [...args]] : ['nsenter', [`--net=${namespace}`, command, ...args]]
  const format = '{{.ServerVersion}} {{.CgroupVersion}}'
  const { stdout } = await runBeside({ environment, wrap }, 'docker', ['info', '--format', format], {
    limit_ms: answer_limit_ms,
    signal,
  }).catch((error: unknown) => {
    signal?.throwIfAborted()
    throw engineMissing(error)
  })
  const [version = '', cgroup] = stdout.trim().split(' ')
  assertNewEnough(version)
  return { environment, namespace, version, cgroup_version: cgroup === '1' ? 1 : 2, wrap }
}

function engineMissing(error: unknown): Failure {
  const said = error instanceof ProgramFailed ? textOf(error) : 'it does not answer'
  return new Failure('ENGINE_MISSING', `no Docker engine answers: ${said}`, { cause: error })
}
