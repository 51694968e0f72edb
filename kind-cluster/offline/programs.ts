import { cp, mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram } from '#lib/run-program.ts'
import { programs as tools } from '#toolchain/registry.ts'
import { resolveProgram } from '#toolchain/resolve.ts'
import { type Artifact, type MakeOptions } from './artifact.ts'
import { staging_modules, versions } from './versions.ts'

// Programs out of Go modules, for Linux, without C. `go install PATH@VERSION` refuses modules with replace lines, so every one is
// built from a module of our own that requires it.

interface GoProgram {
  name: string
  package: string
  /** "path version", at least the module that the package is in. */
  requires: readonly string[]
  link_flags?: string
  typical_s: number
}

const limit_ms = 40 * 60_000
const v = versions
const component = 'k8s.io/component-base/version'
/** kubeadm and the API server refuse to work with a version that they do not know. */
const kubernetes_flags = [
  `-X ${component}.gitVersion=v${v.kubernetes} -X ${component}.gitTreeState=clean`,
  ...v.kubernetes.split('.').flatMap((part, index) => {
    const name = ['gitMajor', 'gitMinor'][index]
    return name === undefined ? [] : [`-X ${component}.${name}=${part}`]
  }),
  `-X k8s.io/client-go/pkg/version.gitVersion=v${v.kubernetes}`,
].join(' ')
const kubernetes_modules = [
  `k8s.io/kubernetes v${v.kubernetes}`,
  ...staging_modules.map((name) => `k8s.io/${name} v0.${v.kubernetes.split('.').slice(1).join('.')}`),
]
const keda_module = `github.com/kedacore/keda/v2 v${v.keda}`

const kubernetes = <Name extends string>(name: Name, typical_s: number): GoProgram & { name: Name } => ({
  name,
  package: `k8s.io/kubernetes/cmd/${name}`,
  requires: kubernetes_modules,
  link_flags: kubernetes_flags,
  typical_s,
})

const containerd = <Name extends string>(name: Name, typical_s: number): GoProgram & { name: Name } => ({
  name,
  package: `github.com/containerd/containerd/v2/cmd/${name}`,
  requires: [`github.com/containerd/containerd/v2 v${v.containerd}`],
  link_flags: `-X github.com/containerd/containerd/v2/version.Version=v${v.containerd}`,
  typical_s,
})

const all = [
  kubernetes('kubeadm', 200),
  kubernetes('kubectl', 60),
  kubernetes('kubelet', 160),
  kubernetes('kube-proxy', 30),
  kubernetes('kube-scheduler', 60),
  kubernetes('kube-controller-manager', 90),
  kubernetes('kube-apiserver', 100),
  {
    name: 'etcd',
    package: 'go.etcd.io/etcd/server/v3',
    requires: [`go.etcd.io/etcd/server/v3 v${v.etcd}`],
    typical_s: 65,
  },
  containerd('containerd', 90),
  containerd('containerd-shim-runc-v2', 10),
  containerd('ctr', 10),
  {
    name: 'coredns',
    package: 'github.com/coredns/coredns',
    requires: [`github.com/coredns/coredns v${v.coredns}`],
    typical_s: 170,
  },
  {
    name: 'metrics-server',
    package: 'sigs.k8s.io/metrics-server/cmd/metrics-server',
    requires: [`sigs.k8s.io/metrics-server v${v.metrics_server}`],
    typical_s: 200,
  },
  {
    name: 'local-path-provisioner',
    package: 'github.com/rancher/local-path-provisioner',
    requires: [`github.com/rancher/local-path-provisioner v${v.local_path_provisioner}`],
    typical_s: 110,
  },
  { name: 'keda', package: 'github.com/kedacore/keda/v2/cmd/operator', requires: [keda_module], typical_s: 600 },
  { name: 'keda-adapter', package: 'github.com/kedacore/keda/v2/cmd/adapter', requires: [keda_module], typical_s: 100 },
  {
    name: 'toxiproxy-server',
    package: 'github.com/Shopify/toxiproxy/v2/cmd/server',
    requires: [`github.com/Shopify/toxiproxy/v2 v${v.toxiproxy}`],
    link_flags: `-X github.com/Shopify/toxiproxy/v2.Version=${v.toxiproxy}`,
    typical_s: 30,
  },
] as const satisfies readonly GoProgram[]

export type ProgramName = (typeof all)[number]['name'] | 'pause'

/** One file, with the name of the program, in the artifact's folder. */
export const programArtifacts: Readonly<Record<ProgramName, Artifact>> = {
  ...(Object.fromEntries(all.map((program) => [program.name, goArtifact(program)])) as Record<ProgramName, Artifact>),
  pause: pauseArtifact(),
}

function goArtifact(program: GoProgram): Artifact {
  const { name, requires, link_flags = '', typical_s } = program
  return {
    name,
    made_of: [program.package, requires, link_flags],
    typical_s,
    make: async (folder, options) => {
      const source = join(folder, 'module')
      await mkdir(source)
      const lines = ['module offline', 'go 1.26', ...requires.map((line) => `require ${line}`)]
      await writeFile(join(source, 'go.mod'), `${lines.join('\n')}\n`)
      await build({ source, package: program.package, link_flags, to: join(folder, name) }, options)
      // What was chosen for the indirect dependencies is kept beside the program.
      for (const file of ['go.mod', 'go.sum']) await rename(join(source, file), join(folder, file))
    },
  }
}

function pauseArtifact(): Artifact {
  const source = join(import.meta.dirname, 'pause')
  return {
    name: 'pause',
    made_of: ['pause', 1],
    typical_s: 1,
    make: async (folder, options) => {
      await cp(source, join(folder, 'module'), { recursive: true })
      await build({ source: join(folder, 'module'), package: '.', link_flags: '', to: join(folder, 'pause') }, options)
    },
  }
}

async function build(
  what: { source: string; package: string; link_flags: string; to: string },
  { progress, signal }: MakeOptions,
): Promise<void> {
  const { path } = await resolveProgram(tools.go, { progress, signal })
  const flags = ['-mod=mod', '-trimpath', '-ldflags', `-s -w ${what.link_flags}`.trim()]
  await runProgram(path, ['build', ...flags, '-o', what.to, what.package], {
    cwd: what.source,
    // The user's proxy and checksum settings stay; a GOFLAGS of theirs could forbid what is done here.
    environment: { CGO_ENABLED: '0', GOOS: 'linux', GOFLAGS: '' },
    limit_ms,
    signal,
  })
}
