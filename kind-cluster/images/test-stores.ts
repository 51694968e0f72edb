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

// Ctrl-C reaches the tests too: they end, and then what was started for them is removed.
const stop = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stop.abort())
const { signal } = stop

const sandbox = (await runningEngine({ sandbox: false })) === undefined
const found = sandbox && (await runningEngine({ sandbox })) !== undefined
const engine = await ensureEngine({ sandbox, progress, signal })
try {
  const offline = sandbox || !(await registryAnswers({ engine, progress, signal }))
  const { stores } = await recipes({ offline })
  const image = await ensureImage(engine, stores, { progress, signal })
  const runner = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--project', 'docker']
  const [program, args] = engine.wrap(process.execPath, [...runner, ...process.argv.slice(2)])
  const environment = {
    ...engine.environment,
    SLOT_CHAOS_STORES_IMAGE: image,
    // Its helper, which removes what a killed test leaves, is an image of a registry.
    ...(offline && { TESTCONTAINERS_RYUK_DISABLED: 'true' }),
  }
  signal.throwIfAborted()
  const child = spawn(program, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...environment } })
  signal.addEventListener('abort', () => child.kill('SIGTERM'))
  const [code] = (await once(child, 'exit')) as [number | null]
  process.exitCode = code ?? 1
} finally {
  if (sandbox && !found) await clusterDown({ sandbox, progress })
}
