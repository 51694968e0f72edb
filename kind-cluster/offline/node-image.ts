import { chmod, cp, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runProgram } from '#lib/run-program.ts'
import { programs as tools } from '#toolchain/registry.ts'
import { resolveProgram } from '#toolchain/resolve.ts'
import { buildFolder, hasImage } from '../images/build.ts'
import { type Engine, runBeside } from '../sandbox/engine.ts'
import { type Artifact, type MakeOptions, artifactKey, ensureArtifact, isMade, keyOf, textsOf } from './artifact.ts'
import { bakedArtifacts, bakedKey, bakedReference, pauseVersion, saveBakedImages } from './baked-images.ts'
import { programArtifacts } from './programs.ts'
import { rootArtifacts } from './root-file-systems.ts'
import { assertRoom } from './room.ts'
import { subnets, versions } from './versions.ts'

// The image of a node, as kind's own makers build it, from Go modules and Debian packages:
//
//   root file system + kind's files + programs ──prepare.sh──► raw ──import.sh: images of the control plane──► node image
//
// It is kept as an archive in the cache, so that an engine that is new (a sandbox) gets it in seconds.

const short_limit_ms = 60_000
const limit_ms = 10 * 60_000
const own = join(import.meta.dirname, 'node')
const scripts = ['prepare.sh', 'import.sh', 'pod-network.yaml', 'storage.yaml']
const programs = ['containerd', 'containerd-shim-runc-v2', 'ctr', 'kubeadm', 'kubelet', 'kubectl'] as const

/** The reference of the image in this engine: there, loaded from the cache, or built. Throws IMAGE_FAILED or DISK_FULL. */
export async function ensureNodeImage(engine: Engine, options: MakeOptions): Promise<string> {
  const key = await nodeImageKey()
  const reference = `localhost/slot-chaos-node:${key}`
  if (await hasImage(engine, reference)) return reference
  const archive = archiveArtifact(engine, reference, key)
  const parts = [...nodeArtifacts(), ...bakedArtifacts(), archive]
  if (!(await isMade(archive))) await assertRoom([...new Set(parts)], options.progress)
  const folder = await ensureArtifact(archive, options)
  if (await hasImage(engine, reference)) return reference
  options.progress('loading the node image from the cache …')
  const args = ['load', '--quiet', '--input', join(folder, 'image.tar')]
  await runBeside(engine, 'docker', args, { limit_ms, signal: options.signal })
  return reference
}

export async function nodeImageKey(): Promise<string> {
  const texts = await textsOf([...scripts, 'pod-network.sh'].map((name) => join(own, name)))
  return keyOf([texts, nodeArtifacts().map(artifactKey), bakedKey(), versions.kind, dockerfile, subnets])
}

const nodeArtifacts = (): Artifact[] => [...programs.map((name) => programArtifacts[name]), rootArtifacts.node]

function archiveArtifact(engine: Engine, reference: string, key: string): Artifact {
  return {
    name: 'node-image',
    made_of: [key],
    typical_s: 100,
    make: async (folder, options) => {
      const { signal } = options
      await using held = new AsyncDisposableStack()
      const work = await mkdtemp(join(tmpdir(), 'slot-chaos-node-'))
      held.defer(() => rm(work, { recursive: true, force: true }))
      const archive = join(folder, 'baked.tar')
      const raw = `localhost/slot-chaos-node-raw:${key}`
      held.defer(() => runBeside(engine, 'docker', ['rmi', raw], { limit_ms }).then(ignore, ignore))
      const steps: readonly (readonly [string, () => Promise<unknown>])[] = [
        ['programs', () => programFiles(work, options)],
        ['root file system', () => rootFile(work, options)],
        ["kind's files", () => kindFiles(work, options)],
        ['raw image', () => buildFolder(engine, work, raw, signal)],
        ['images of the control plane', () => saveBakedImages(engine, archive, options)],
        ['import', () => importImages(engine, { raw, archive, reference, signal })],
        ['archive', () => save(engine, reference, join(folder, 'image.tar'), signal)],
        ['end', () => rm(archive)],
      ]
      for (const [what, step] of steps) {
        options.progress(`node image: ${what} …`)
        await step()
      }
    },
  }
}

const entryPoint = 'ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]'
const dockerfile = [
  'FROM scratch',
  'ADD root.tar /',
  'ENV container=docker PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  'STOPSIGNAL SIGRTMIN+3',
  'COPY kind/ /',
  'COPY containerd containerd-shim-runc-v2 ctr /usr/local/bin/',
  'COPY kubeadm kubelet kubectl /usr/bin/',
  'COPY prepare.sh /prepare.sh',
  'RUN mkdir -p /opt/cni/bin /etc/kubernetes/manifests && cd /usr/lib/cni && cp ptp host-local loopback portmap /opt/cni/bin/',
  'RUN /prepare.sh && rm /prepare.sh',
  entryPoint,
]

async function programFiles(work: string, options: MakeOptions): Promise<void> {
  for (const name of programs) {
    const folder = await ensureArtifact(programArtifacts[name], options)
    await copyFile(join(folder, name), join(work, name))
  }
}

async function rootFile(work: string, options: MakeOptions): Promise<void> {
  await copyFile(join(await ensureArtifact(rootArtifacts.node, options), 'root.tar'), join(work, 'root.tar'))
}

/** They come with kind's module, of the version that will use them. */
async function kindFiles(work: string, { progress, signal }: MakeOptions): Promise<void> {
  const go = await resolveProgram(tools.go, { progress, signal })
  const args = ['mod', 'download', '-json', `sigs.k8s.io/kind@v${versions.kind}`]
  const { stdout } = await runProgram(go.path, args, { limit_ms, signal, environment: { GOFLAGS: '' } })
  const { Dir } = JSON.parse(stdout) as { Dir: string }
  const to = join(work, 'kind')
  await cp(join(Dir, 'images/base/files'), to, { recursive: true })
  await runProgram('chmod', ['-R', 'u=rwX,go=rX', to], { limit_ms: short_limit_ms })
  for (const path of ['usr/local/bin/entrypoint', 'usr/local/bin/clean-install']) await chmod(join(to, path), 0o755)
  await runProgram('chmod', ['-R', '0755', join(to, 'kind/bin')], { limit_ms: short_limit_ms })
  await adjust(join(to, 'etc/containerd/config.toml'), [
    [/sandbox_image = .*/, `sandbox_image = "${await pauseVersion()}"`],
    [/restrict_oom_score_adj = false/, 'restrict_oom_score_adj = true'],
  ])
  // Root of a sandbox may not raise its limits.
  await adjust(join(to, 'etc/systemd/system/containerd.service'), [[/^(Limit|OOMScoreAdjust).*$/gm, '']])
  await mkdir(join(to, 'kind/manifests'), { recursive: true })
  await writeFile(join(to, 'kind/version'), `v${versions.kubernetes}`)
  await writeFile(join(to, 'kind/manifests/default-cni.yaml'), await manifest('pod-network.yaml'))
  await writeFile(join(to, 'kind/manifests/default-storage.yaml'), await manifest('storage.yaml'))
  await copyFile(join(own, 'prepare.sh'), join(work, 'prepare.sh'))
  await writeFile(join(work, 'Dockerfile'), `${dockerfile.join('\n')}\n`)
}

async function adjust(path: string, changes: readonly (readonly [RegExp, string])[]): Promise<void> {
  let text = await readFile(path, 'utf8')
  for (const [pattern, replacement] of changes) {
    if (!new RegExp(pattern).test(text)) throw new Error(`${path} has nothing like ${String(pattern)} to be adjusted`)
    text = text.replace(pattern, replacement)
  }
  await writeFile(path, text)
}

async function manifest(name: string): Promise<string> {
  const text = await readFile(join(own, name), 'utf8')
  return text
    .replaceAll('POD_NETWORK_IMAGE', bakedReference('pod-network'))
    .replaceAll('PROVISIONER_IMAGE', bakedReference('local-path-provisioner'))
    .replaceAll('POD_SUBNET_RANGE', subnets.pods)
    .replaceAll('SERVICE_SUBNET_RANGE', subnets.services)
}

interface Import {
  raw: string
  archive: string
  reference: string
  signal?: AbortSignal | undefined
}

async function importImages(engine: Engine, { raw, archive, reference, signal }: Import): Promise<void> {
  const docker = (...args: string[]): Promise<{ stdout: string }> =>
    runBeside(engine, 'docker', args, { limit_ms, signal })
  await using held = new AsyncDisposableStack()
  const { stdout } = await docker(
    'run',
    '--detach',
    '--privileged',
    '--network=none',
    '--entrypoint=sleep',
    raw,
    'infinity',
  )
  const id = stdout.trim()
  held.defer(() => runBeside(engine, 'docker', ['rm', '--force', '--volumes', id], { limit_ms }).then(ignore, ignore))
  await docker('cp', '--quiet', archive, `${id}:/images.tar`)
  await docker('cp', '--quiet', join(own, 'import.sh'), `${id}:/import.sh`)
  await docker('exec', id, 'sh', '/import.sh')
  await docker('exec', id, 'rm', '/import.sh')
  await docker('commit', '--change', entryPoint, id, reference)
}

async function save(engine: Engine, reference: string, to: string, signal?: AbortSignal): Promise<void> {
  await runBeside(engine, 'docker', ['save', '--output', to, reference], { limit_ms, signal })
}

const ignore = (): void => undefined
