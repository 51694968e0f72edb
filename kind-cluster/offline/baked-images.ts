import { chmod, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runProgram } from '#lib/run-program.ts'
import { buildFolder } from '../images/build.ts'
import { type Engine, runBeside } from '../sandbox/engine.ts'
import { type Artifact, type MakeOptions, artifactFolder, artifactKey, ensureArtifact, keyOf } from './artifact.ts'
import { type ProgramName, programArtifacts } from './programs.ts'
import { rootArtifacts } from './root-file-systems.ts'
import { versions } from './versions.ts'

// Images that the node image brings: the control plane, under the names that kubeadm asks for, and what every cluster of ours runs.
// One program each, on nothing at all, or on a small Debian where it needs a shell or network tools.

const limit_ms = 5 * 60_000

interface Baked {
  name: string
  program: ProgramName
  /** Beside the program: a script of this folder, which then is the entry point. */
  script?: string
  base: 'scratch' | 'debian'
  user?: string
  /** Undefined: the name that kubeadm has for it. */
  tag: string | undefined
}

const kubeadm = (name: string, program: ProgramName, base: Baked['base'] = 'scratch'): Baked => ({
  name,
  program,
  base,
  tag: undefined,
})
const ours = (name: string, version: string, rest: Omit<Baked, 'name' | 'tag'>): Baked => ({
  name,
  ...rest,
  tag: `localhost/slot-chaos-${name}:${version}`,
})

const baked: readonly Baked[] = [
  kubeadm('kube-apiserver', 'kube-apiserver'),
  kubeadm('kube-controller-manager', 'kube-controller-manager'),
  kubeadm('kube-scheduler', 'kube-scheduler'),
  kubeadm('kube-proxy', 'kube-proxy', 'debian'),
  kubeadm('etcd', 'etcd'),
  kubeadm('coredns', 'coredns'),
  kubeadm('pause', 'pause'),
  ours('pod-network', versions.kubernetes, { program: 'kubectl', script: 'pod-network.sh', base: 'debian' }),
  ours('local-path-provisioner', versions.local_path_provisioner, {
    program: 'local-path-provisioner',
    base: 'debian',
  }),
  ours('metrics-server', versions.metrics_server, { program: 'metrics-server', base: 'scratch', user: '10001:10001' }),
  ours('keda', versions.keda, { program: 'keda', base: 'scratch', user: '10001:10001' }),
  ours('keda-adapter', versions.keda, { program: 'keda-adapter', base: 'scratch', user: '10001:10001' }),
]

/** Images of ours that a manifest names. */
export const bakedReference = (name: string): string => {
  const tag = baked.find((each) => each.name === name)?.tag
  if (tag === undefined) throw new Error(`no image of ours is called ${name}`)
  return tag
}

export const pauseVersion = (): Promise<string> => kubeadmName('pause')

/** All that goes into them. */
export const bakedKey = (): string =>
  keyOf([baked.map((each) => [each, artifactKey(programArtifacts[each.program])]), artifactKey(rootArtifacts.base)])

export const bakedArtifacts = (): Artifact[] => [
  ...new Set([...baked.map(({ program }) => programArtifacts[program]), rootArtifacts.base]),
]

/** Builds all of them, writes them into one archive, and takes their names away again from the engine, which may be a person's own. */
export async function saveBakedImages(engine: Engine, archive: string, options: MakeOptions): Promise<void> {
  const base = `localhost/slot-chaos-debian:${artifactKey(rootArtifacts.base)}`
  const tags: string[] = [base]
  await using held = new AsyncDisposableStack()
  held.defer(() => runBeside(engine, 'docker', ['rmi', ...tags], { limit_ms }).then(ignore, ignore))
  await buildBase(engine, base, options)
  for (const image of baked) {
    const tag = image.tag ?? (await kubeadmName(image.name))
    await buildOne(engine, image, { base, tag }, options)
    tags.push(tag)
  }
  const args = ['save', '--output', archive, ...tags.slice(1)]
  await runBeside(engine, 'docker', args, { limit_ms, signal: options.signal })
}

async function buildBase(engine: Engine, tag: string, options: MakeOptions): Promise<void> {
  await using folder = await temporaryFolder()
  const root = await ensureArtifact(rootArtifacts.base, options)
  await copyFile(join(root, 'root.tar'), join(folder.path, 'root.tar'))
  const path = 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
  await writeFile(join(folder.path, 'Dockerfile'), `FROM scratch\nADD root.tar /\n${path}\n`)
  await buildFolder(engine, folder.path, tag, options.signal)
}

async function buildOne(
  engine: Engine,
  { program, script, base, user }: Baked,
  names: { base: string; tag: string },
  options: MakeOptions,
): Promise<void> {
  await using folder = await temporaryFolder()
  const files = [program, ...(script === undefined ? [] : [script])]
  const artifact = programArtifacts[program]
  await copyFile(join(await ensureArtifact(artifact, options), artifact.name), join(folder.path, program))
  if (script !== undefined) {
    await copyFile(join(import.meta.dirname, 'node', script), join(folder.path, script))
    await chmod(join(folder.path, script), 0o755)
  }
  const lines = [
    `FROM ${base === 'scratch' ? 'scratch' : names.base}`,
    'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    `COPY ${files.join(' ')} /usr/local/bin/`,
    ...(user === undefined ? [] : [`USER ${user}`]),
    `ENTRYPOINT ["/usr/local/bin/${script ?? program}"]`,
  ]
  await writeFile(join(folder.path, 'Dockerfile'), `${lines.join('\n')}\n`)
  await buildFolder(engine, folder.path, names.tag, options.signal)
}

/** "registry.k8s.io/coredns/coredns:v1.14.2" for "coredns": kubeadm itself says it. */
async function kubeadmName(name: string): Promise<string> {
  const path = join(artifactFolder(programArtifacts.kubeadm), 'kubeadm')
  const args = ['config', 'images', 'list', '--kubernetes-version', `v${versions.kubernetes}`]
  const { stdout } = await runProgram(path, args, { limit_ms })
  const found = stdout.split('\n').find((line) => line.includes(`/${name}:`))
  if (found === undefined) throw new Error(`kubeadm knows no image called ${name}`)
  return found
}

async function temporaryFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'slot-chaos-image-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

const ignore = (): void => undefined
