import { appendFile, chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Program } from './program.ts'
import { resolveProgram } from './resolve.ts'

// For the tests of the toolchain: a program whose "build" takes no time. Run as a script it is one of several processes
// that want the program at once, and prints where its own came from:
//   node fixture-program.ts CACHE BUILDS

/** `builds` is a file that gets a line for every build. */
export function fakeProgram(builds: string): Program {
  return {
    name: 'fake',
    executables: ['slot-chaos-fake'],
    pinned_version: '1.2.3',
    accepted: { from: '1.2', below: '2' },
    version_arguments: ['--version'],
    version_pattern: /fake (\d+\.\d+\.\d+)/,
    needs_mib: 1,
    ways: [
      {
        name: 'from a script',
        typical_s: 1,
        obstacle: async () => undefined,
        prepare: async (folder) => {
          await appendFile(builds, 'built\n')
          await mkdir(join(folder, 'bin'))
          await writeScript(join(folder, 'bin', 'fake'), '1.2.3')
          return { executable: 'bin/fake' }
        },
      },
    ],
    get_it: ['with a pencil'],
  }
}

export async function writeScript(path: string, version: string): Promise<void> {
  await writeFile(path, `#!/bin/sh\necho "fake ${version}"\n`)
  await chmod(path, 0o755)
}

if (import.meta.main) {
  const [cache = '', builds = ''] = process.argv.slice(2)
  const { source } = await resolveProgram(fakeProgram(builds), { cache, progress: () => undefined })
  console.log(source)
}
