import type { Program } from '../program.ts'
import { goInstall } from '../ways/go-install.ts'

const module = 'github.com/Shopify/toxiproxy/v2/cmd/server@v2.5.0'
const variable = 'github.com/Shopify/toxiproxy/v2.Version'

/** The proxy that breaks links. Its version is set by its makers at link time; without that it calls itself "git". */
export const toxiproxy: Program = {
  name: 'toxiproxy',
  executables: ['toxiproxy-server'],
  pinned_version: '2.5.0',
  accepted: { from: '2.5', below: '3' },
  version_arguments: ['-version'],
  version_pattern: /toxiproxy-server version (\d+\.\d+\.\d+)/,
  needs_mib: 300,
  ways: [
    goInstall({
      module,
      binary: 'server',
      renamed: 'toxiproxy-server',
      link_flags: `-X ${variable}=2.5.0`,
      typical_s: 30,
    }),
  ],
  get_it: [
    'with Homebrew: brew install toxiproxy',
    `with Go 1.26 or newer: go install -ldflags "-X ${variable}=2.5.0" ${module} (and rename server to toxiproxy-server)`,
    'from a container: docker create --name toxiproxy ghcr.io/shopify/toxiproxy:2.5.0 && docker cp toxiproxy:/toxiproxy ~/.local/bin/toxiproxy-server',
  ],
}
