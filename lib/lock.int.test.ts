import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { lock } from './lock.ts'
import { WaitedTooLong } from './wait.ts'

const script = `
  import { lock } from ${JSON.stringify(join(import.meta.dirname, 'lock.ts'))}
  await lock(process.argv[1], { limit_ms: 5_000 })
  console.log('held')
  setInterval(() => {}, 1_000)
`

test('the lock of another process holds until that process is killed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'slot-chaos-lock-'))
  const path = join(folder, 'a.lock')
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script, path])
  try {
    await once(child.stdout, 'data')
    await expect(lock(path, { limit_ms: 200 })).rejects.toThrow(WaitedTooLong)
    const waiting = lock(path, { limit_ms: 10_000 })
    child.kill('SIGKILL')
    await using stack = new AsyncDisposableStack()
    stack.use(await waiting)
    expect(await readdir(folder)).toEqual(['a.lock'])
  } finally {
    child.kill('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  }
})
