import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { textOf } from '#lib/errors.ts'
import { runProgram } from '#lib/run-program.ts'
import { programs as tools } from '#toolchain/registry.ts'
import { resolveProgram } from '#toolchain/resolve.ts'
import type { MakeOptions } from '../offline/artifact.ts'
import { versions } from '../offline/versions.ts'
import { kedaKustomization, metricsServer } from './addons.ts'
import { type Inside, apply, applyFolder, kubectl, withFolder } from './inside.ts'

const download_limit_ms = 5 * 60_000
/** A pull on a slow line, or a machine that is busy with something else. */
const ready_limit_s = 600

/** Applies metrics-server and KEDA. Waiting for them is another step: they start while other things are done. */
export async function installAddons(
  inside: Inside,
  { offline }: { offline: boolean },
  options: MakeOptions,
): Promise<void> {
  await apply(inside, 'metrics-server', metricsServer({ offline }))
  // Its manifests, 0.8 MB, come with its Go module: nothing of it is built for that.
  const go = await resolveProgram(tools.go, options)
  const args = ['mod', 'download', '-json', `github.com/kedacore/keda/v2@v${versions.keda}`]
  const { stdout } = await runProgram(go.path, args, {
    limit_ms: download_limit_ms,
    signal: options.signal,
    environment: { GOFLAGS: '' },
  })
  const { Dir } = JSON.parse(stdout) as { Dir: string }
  await withFolder(async (folder) => {
    await cp(join(Dir, 'config'), join(folder, 'config'), { recursive: true })
    await writeFile(join(folder, 'kustomization.yaml'), JSON.stringify(kedaKustomization({ offline })))
    await applyFolder(inside, 'keda', folder, ['-k', '/kind/addons/keda'])
  })
}

/** KEDA makes its own certificates at its first start; until then its adapter cannot start. */
export async function waitForAddons(inside: Inside): Promise<void> {
  const deployments: [string, string][] = [
    ['kube-system', 'deployment/coredns'],
    ['kube-system', 'deployment/metrics-server'],
    ['keda', 'deployment/keda-operator'],
    ['keda', 'deployment/keda-metrics-apiserver'],
  ]
  for (const [namespace, deployment] of deployments) {
    const args = ['--namespace', namespace, 'rollout', 'status', deployment, `--timeout=${ready_limit_s}s`]
    await kubectl(inside, args, (ready_limit_s + 30) * 1000).catch(async (error: unknown) => {
      inside.signal?.throwIfAborted()
      throw new Error(`${deployment}: ${textOf(error)}\n${await whatIsThere(inside)}`, { cause: error })
    })
  }
}

async function whatIsThere(inside: Inside): Promise<string> {
  const pods = await kubectl(inside, ['get', 'pods', '--all-namespaces', '--no-headers']).catch(textOf)
  const odd = pods.split('\n').filter((line) => !/\s(\d+)\/\1\s+Running/.test(line))
  return `--- pods that are not ready\n${odd.join('\n')}`.trimEnd()
}
