import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { registryAnswers } from '../cluster/requirements.ts'
import { clusterDown } from '../cluster/down.ts'
import { ensureEngine, runningEngine } from '../sandbox/engine.ts'
import { ensureImage } from './build.ts'
import { recipes } from './recipes.ts'

// npm run test:docker: the tests of what talks to stores, against containers of the image that the cluster uses. The tests run where
// the engine's network is: that of this machine, or a sandbox, which is started when no engine answers, and removed again.

const root = join(import.meta.dirname, '..', '..')
process.env['SLOT_CHAOS_SANDBOX'] ??= 'slot-chaos-test'
const progress = (text: string): void => console.error(text)

const sandbox = (await runningEngine({ sandbox: false })) === undefined
const found = sandbox && (await runningEngine({ sandbox })) !== undefined
const engine = await ensureEngine({ sandbox, progress })
try {
  const { stores } = await recipes({ offline: sandbox || !(await registryAnswers({ engine, progress })) })
  const image = await ensureImage(engine, stores, { progress })
  const runner = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--project', 'docker']
  const [program, args] = engine.wrap(process.execPath, [...runner, ...process.argv.slice(2)])
  const environment = {
    ...engine.environment,
    SLOT_CHAOS_STORES_IMAGE: image,
    // Its helper, which removes what a killed test leaves, is an image of a registry; a sandbox goes as a whole.
    ...(sandbox && { TESTCONTAINERS_RYUK_DISABLED: 'true' }),
  }
  const child = spawn(program, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...environment } })
  const [code] = (await once(child, 'exit')) as [number | null]
  process.exitCode = code ?? 1
} finally {
  if (sandbox && !found) await clusterDown({ sandbox, progress })
}
