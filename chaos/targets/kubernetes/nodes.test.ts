import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { containerNodes } from './nodes.ts'

// A docker whose kill says that it failed. The machine ends after so many looks at it, or never was there.
let folder: string
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'slot-chaos-nodes-'))))
afterEach(() => rm(folder, { recursive: true }))

async function nodesWith(inspect: string) {
  const script = join(folder, 'docker')
  const looked = join(folder, 'looked')
  await writeFile(looked, '')
  await writeFile(
    script,
    `if [ "$1" = kill ]; then echo 'tried to kill container, but did not receive an exit event' >&2; exit 1; fi
     echo look >> '${looked}'
     ${inspect.replaceAll('LOOKED', `"$(wc -l < '${looked}')"`)}`,
  )
  const nodes = [{ name: 'worker', region: 'a', container: 'worker' }]
  return containerNodes({ command: ['sh', script], environment: {}, nodes })
}

test('a machine that ends later than Docker waits for it is killed', async () => {
  const nodes = await nodesWith(`if [ LOOKED -gt 2 ]; then echo '/worker exited 0'; else echo '/worker running 12'; fi`)
  await nodes.kill('worker')
  expect(await nodes.states()).toMatchObject([{ name: 'worker', state: 'exited' }])
})

test('a machine that is not there is an error at once, in the words of Docker', async () => {
  const nodes = await nodesWith(`echo 'no such object: worker' >&2; exit 1`)
  await expect(nodes.kill('worker')).rejects.toThrow(/did not receive an exit event/)
})
