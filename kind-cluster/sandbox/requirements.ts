import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { Failure } from '#lib/errors.ts'
import { runProgram } from '#lib/run-program.ts'

/** 20.10 asks the kernel for a capability that root lacks in many places, and then runs no privileged container. */
export const engine_version_least = 23
const installer = 'kind-cluster/offline/install-engine.sh'
/** What a sandbox is made of, and where Debian has it. */
const programs = {
  nsenter: 'util-linux',
  ip: 'iproute2',
  iptables: 'iptables',
  dockerd: 'docker.io',
  containerd: 'containerd',
  docker: 'docker-cli',
} as const
const limit_ms = 20_000

/** Throws SANDBOX_NEEDS_ROOT, ENGINE_MISSING or ENGINE_TOO_OLD. */
export async function assertSandboxPossible({
  platform = process.platform,
  uid = process.getuid?.(),
} = {}): Promise<void> {
  if (platform !== 'linux')
    throw new Failure('SANDBOX_NEEDS_ROOT', `a sandboxed engine needs Linux; this is ${platform}`, {
      hint: 'start Docker Desktop or another engine, and leave --sandbox out',
    })
  if (uid !== 0) throw new Failure('SANDBOX_NEEDS_ROOT', 'a sandboxed engine needs root, for its network namespace')
  const missing = await missingPrograms()
  if (missing.length > 0) {
    const packages = missing.map((name) => programs[name]).join(' ')
    throw new Failure('ENGINE_MISSING', `a sandboxed engine needs ${missing.join(', ')}, not found on PATH`, {
      hint: `on Debian: ${installer}; elsewhere install what your system calls ${packages}`,
    })
  }
  const { stdout } = await runProgram('dockerd', ['--version'], { limit_ms })
  assertNewEnough(/version (\d+\.\d+\.\d+)/.exec(stdout)?.[1] ?? stdout.trim())
}

/** Throws ENGINE_TOO_OLD. */
export function assertNewEnough(version: string): void {
  if (Number.parseInt(version, 10) >= engine_version_least) return
  const message = `the Docker engine is ${version || 'of an unknown version'}; needed is ${engine_version_least} or newer`
  throw new Failure('ENGINE_TOO_OLD', message)
}

async function missingPrograms(): Promise<(keyof typeof programs)[]> {
  const names = Object.keys(programs) as (keyof typeof programs)[]
  const found = await Promise.all(names.map(isOnPath))
  return names.filter((_, index) => !found[index])
}

async function isOnPath(name: string): Promise<boolean> {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const looks = folders.map((folder) => access(join(folder, name), constants.X_OK).then(() => true))
  return Promise.any(looks).catch(() => false)
}
