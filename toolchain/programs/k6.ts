import type { Program } from '../program.ts'
import { goInstall } from '../ways/go-install.ts'

/** The load generator. Version 2 has other JavaScript interfaces and is not accepted. */
export const k6: Program = {
  name: 'k6',
  executables: ['k6'],
  pinned_version: '1.8.1',
  accepted: { from: '1.8.0', below: '2' },
  version_arguments: ['version'],
  version_pattern: /k6 v(\d+\.\d+\.\d+)/,
  needs_mib: 1500,
  ways: [goInstall({ module: 'go.k6.io/k6@v1.8.1', binary: 'k6', typical_s: 100 })],
  get_it: [
    'with Homebrew: brew install k6',
    'with Go 1.26 or newer: go install go.k6.io/k6@v1.8.1',
    'from a container: docker create --name k6 grafana/k6:1.8.1 && docker cp k6:/usr/bin/k6 ~/.local/bin/',
  ],
}
