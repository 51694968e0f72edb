import type { Program } from '../program.ts'
import { goInstall } from '../ways/go-install.ts'

/** The event log: JetStream with three replicas. */
export const natsServer: Program = {
  name: 'nats-server',
  executables: ['nats-server'],
  pinned_version: '2.15.2',
  accepted: { from: '2.11', below: '3' },
  version_arguments: ['--version'],
  version_pattern: /nats-server: v(\d+\.\d+\.\d+)/,
  needs_mib: 700,
  ways: [goInstall({ module: 'github.com/nats-io/nats-server/v2@v2.15.2', binary: 'nats-server', typical_s: 40 })],
  get_it: [
    'with Homebrew: brew install nats-server',
    'with Go 1.26 or newer: go install github.com/nats-io/nats-server/v2@v2.15.2',
    'from a container: docker create --name nats nats:2.15 && docker cp nats:/nats-server ~/.local/bin/',
  ],
}
