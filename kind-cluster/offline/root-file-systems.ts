import { chmod, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '#lib/errors.ts'
import { runProgram } from '#lib/run-program.ts'
import { onPath } from '#toolchain/find.ts'
import { type Artifact, type MakeOptions, artifactKey, ensureArtifact } from './artifact.ts'
import { versions } from './versions.ts'

// Root file systems out of Debian packages, each a tar file: what an image would otherwise be based on.

const limit_ms = 20 * 60_000
const installer = 'kind-cluster/offline/install-engine.sh'

interface Debian {
  name: string
  suite: string
  packages: readonly string[]
  /** Commands after the packages, in the new root. */
  after?: readonly string[]
  typical_s: number
}

/** Nobody reads manuals in a container; the compiler of PostgreSQL's JIT, which is off, is a fifth of the image. */
const slim = [
  'rm -rf /var/cache/apt /var/lib/apt/lists/* /var/log/*.log /usr/share/doc /usr/share/man /usr/share/info',
  'find /usr/share/locale -mindepth 1 -maxdepth 1 -exec rm -rf {} +',
  'rm -rf /usr/lib/*/libLLVM* /usr/lib/llvm-* /usr/lib/postgresql/*/lib/bitcode /usr/lib/postgresql/*/lib/llvmjit*',
]
const tools = ['ca-certificates', 'nftables', 'conntrack', 'iproute2', 'procps']
const node_packages =
  'systemd systemd-sysv dbus ethtool iptables kmod libseccomp2 socat mount util-linux ebtables containernetworking-plugins runc jq hostname curl tar e2fsprogs'
const store_packages = 'ca-certificates patroni postgresql-17 redis-server redis-sentinel nats-server procps iproute2'

const debians = {
  /** For programs that need a shell or network tools. */
  base: { name: 'root-base', suite: versions.node_suite, packages: [...tools, 'iptables', 'kmod'], typical_s: 60 },
  node: {
    name: 'root-node',
    suite: versions.node_suite,
    packages: [...tools, ...node_packages.split(' ')],
    typical_s: 90,
  },
  stores: {
    name: 'root-stores',
    suite: versions.stores_suite,
    packages: store_packages.split(' '),
    // PostgreSQL refuses to run as a user without a name; pods run as this one.
    after: ['useradd --uid 10002 --user-group --home-dir /data --no-create-home --shell /usr/sbin/nologin stores'],
    typical_s: 150,
  },
} as const satisfies Record<string, Debian>

export type RootName = keyof typeof debians | 'libraries'

/** One file, root.tar, in the artifact's folder. */
export const rootArtifacts: Readonly<Record<RootName, Artifact>> = {
  base: debianArtifact(debians.base),
  node: debianArtifact(debians.node),
  stores: debianArtifact(debians.stores),
  libraries: librariesArtifact(debianArtifact(debians.base)),
}

function debianArtifact(debian: Debian): Artifact {
  const after = [...(debian.after ?? []), ...slim]
  return {
    name: debian.name,
    made_of: [debian.suite, debian.packages, after],
    typical_s: debian.typical_s,
    make: async (folder, options) => {
      const root = join(folder, 'root')
      await bootstrap(debian, root, options)
      const run = (command: string, args: string[]): Promise<unknown> =>
        runProgram(command, args, { limit_ms, signal: options.signal })
      for (const line of after) await run('chroot', [root, 'sh', '-euc', line])
      await run('tar', ['-C', root, '--numeric-owner', '-cf', join(folder, 'root.tar'), '.'])
      await rm(root, { recursive: true, force: true })
    },
  }
}

async function bootstrap({ suite, packages }: Debian, root: string, { signal }: MakeOptions): Promise<void> {
  if ((await onPath('debootstrap')).length === 0 || process.getuid?.() !== 0)
    throw new Failure('IMAGE_FAILED', 'images without a registry are made with debootstrap, as root on Debian', {
      hint: `run ${installer} as root; or let Docker reach a registry, and leave --offline out`,
    })
  const args = ['--variant=minbase', `--include=${packages.join(',')}`, suite, root, await mirror()]
  await runProgram('debootstrap', args, { limit_ms, signal })
}

/** The one that this machine's apt uses. */
async function mirror(): Promise<string> {
  const args = ['indextargets', '--format', '$(REPO_URI) $(SUITE) $(CODENAME)', 'Created-By: Packages']
  const { stdout } = await runProgram('apt-get', args, { limit_ms })
  const lines = stdout.split('\n').map((line) => line.split(' '))
  const found = lines.find(([uri = '', , codename = '']) => /\/debian\/?$/.test(uri) && /^[a-z]+$/.test(codename))
  if (found?.[0] !== undefined) return found[0]
  throw new Failure('IMAGE_FAILED', 'apt names no Debian mirror', { hint: 'run apt-get update first' })
}

/** What a dynamically linked program needs and no more: no shell, no package manager. */
function librariesArtifact(base: Artifact): Artifact {
  const packages = ['libc6', 'libgcc-s1', 'libstdc++6']
  return {
    name: 'root-libraries',
    made_of: [artifactKey(base), packages, 2],
    typical_s: 5,
    make: async (folder, options) => {
      const from = join(await ensureArtifact(base, options), 'root.tar')
      const whole = join(folder, 'whole')
      const root = join(folder, 'root')
      for (const each of [whole, join(root, 'etc'), join(root, 'tmp')]) await mkdir(each, { recursive: true })
      await runProgram('tar', ['-C', whole, '-xf', from], { limit_ms, signal: options.signal })
      for (const name of packages) {
        for (const path of await filesOf(whole, name))
          await cp(join(whole, path), join(root, path), { recursive: false, verbatimSymlinks: true })
      }
      await chmod(join(root, 'tmp'), 0o1777)
      await writeFile(join(root, 'etc/passwd'), 'root:x:0:0::/:/\nservice:x:10001:10001::/app:/\n')
      await writeFile(join(root, 'etc/group'), 'root:x:0:\nservice:x:10001:\n')
      await writeFile(join(root, 'etc/nsswitch.conf'), 'hosts: files dns\n')
      const tar = ['-C', root, '--numeric-owner', '-cf', join(folder, 'root.tar'), '.']
      await runProgram('tar', tar, { limit_ms, signal: options.signal })
      for (const each of [whole, root]) await rm(each, { recursive: true, force: true })
    },
  }
}

/** The shared libraries of an installed package. */
async function filesOf(root: string, name: string): Promise<string[]> {
  const info = join(root, 'var/lib/dpkg/info')
  const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64'
  const list = await readFile(join(info, `${name}:${architecture}.list`), 'utf8')
  return list
    .split('\n')
    .filter((path) => /^(\/usr)?\/lib(64)?\/(.*\/)?(lib[^/]*\.so[^/]*|ld-[^/]*\.so[^/]*)$/.test(path))
}
