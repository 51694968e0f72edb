import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram } from '#lib/run-program.ts'
import type { Way } from '../program.ts'
import { go } from '../programs/go.ts'

const limit_ms = 25 * 60_000

/**
 * Builds a pinned Go module. The user's own Go settings (proxy, checksum database, flags) stay as they are: in a company
 * they are the only ones that work.
 */
export function goInstall(options: {
  /** With its version: path@v1.2.3. */
  module: string
  /** What `go install` calls it. */
  binary: string
  renamed?: string
  link_flags?: string
  typical_s: number
}): Way {
  const { module, binary, renamed = binary, link_flags = '', typical_s } = options
  return {
    name: 'from Go modules',
    typical_s,
    obstacle: async (context) => {
      const obstacle = await context.obstacleOf(go)
      return obstacle === undefined ? undefined : `Go is missing (${obstacle})`
    },
    prepare: async (folder, context) => {
      const { path } = await context.resolve(go)
      const bin = join(folder, 'bin')
      await mkdir(bin)
      await runProgram(path, ['install', '-trimpath', '-ldflags', `-s -w ${link_flags}`.trim(), module], {
        cwd: folder,
        environment: { GOBIN: bin, CGO_ENABLED: '0' },
        limit_ms,
        signal: context.signal,
      })
      if (renamed !== binary) await rename(join(bin, binary), join(bin, renamed))
      return { executable: `bin/${renamed}` }
    },
  }
}
