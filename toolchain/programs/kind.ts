import type { Program } from '../program.ts'
import { goInstall } from '../ways/go-install.ts'

/** Runs Kubernetes nodes as containers. The version decides which node image it takes by itself. */
export const kind: Program = {
  name: 'kind',
  executables: ['kind'],
  pinned_version: '0.33.0',
  accepted: { from: '0.33', below: '1' },
  version_arguments: ['version'],
  version_pattern: /kind v(\d+\.\d+\.\d+)/,
  needs_mib: 300,
  optional: 'only for --target kind',
  ways: [goInstall({ module: 'sigs.k8s.io/kind@v0.33.0', binary: 'kind', typical_s: 15 })],
  get_it: ['with Homebrew: brew install kind', 'with Go 1.26 or newer: go install sigs.k8s.io/kind@v0.33.0'],
}
