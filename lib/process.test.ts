import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { alive, descendants, identify, killTree, signalProcess, treeCpuMs, usageOf } from './process.ts'
import { waitFor } from './wait.ts'

const limit = { what: 'processes', limit_ms: 5_000, every_ms: 10 }

test('a process is known by its start, and gone when it has ended', async () => {
  const child = spawn('sleep', ['60'])
  const identity = identify(child.pid!)!
  expect(alive(identity)).toBe(true)
  expect(usageOf(identity)!.resident_bytes).toBeGreaterThan(0)
  expect(signalProcess(identity, 'SIGTERM')).toBe(true)
  await once(child, 'exit')
  expect(alive(identity)).toBe(false)
  expect(identify(child.pid!)).toBe(null)
  expect(usageOf(identity)).toBe(null)
})

test('a process is gone only when its ports are closed, though its first thread may end before the others', async () => {
  const listening = `require('node:net').createServer().listen(0, '127.0.0.1', function () {
    for (let i = 0; i < 4; i++) require('node:crypto').pbkdf2('', '', 1e5, 64, 'sha512', () => undefined)
    console.log(this.address().port)
  })`
  for (let count = 0; count < 20; count++) {
    const child = spawn(process.execPath, ['-e', listening], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    const identity = identify(child.pid!)!
    signalProcess(identity, 'SIGKILL')
    while (alive(identity)) await setImmediate()
    const socket = connect(Number(line), '127.0.0.1')
    await expect(once(socket, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  }
})

test('a later process with the same number is never signalled', async () => {
  const child = spawn('sleep', ['60'])
  const identity = identify(child.pid!)!
  const earlier = { ...identity, start_ticks: identity.start_ticks - 1 }
  expect(alive(earlier)).toBe(false)
  expect(signalProcess(earlier, 'SIGKILL')).toBe(false)
  expect(killTree(earlier)).toBe(false)
  expect(alive(identity)).toBe(true)
  child.kill('SIGKILL')
  await once(child, 'exit')
})

test('a tree is killed with all that is below it', async () => {
  const child = spawn('sh', ['-c', 'sh -c "sleep 60; true" & sleep 60; true'])
  const below = await waitFor(() => {
    const found = descendants(child.pid!)
    return found.length === 3 && found
  }, limit)
  expect(killTree(identify(child.pid!)!)).toBe(true)
  await waitFor(() => !below.some(alive), limit)
})

test('the CPU of a tree counts what is below it, alive or ended', async () => {
  const burn = 'const end = process.cpuUsage().user + 200_000; while (process.cpuUsage().user < end);'
  // One child ends, the other stays: both have burnt, their parent has not.
  const parent = spawn(
    'sh',
    [
      '-c',
      `'${process.execPath}' -e '${burn}'; '${process.execPath}' -e '${burn} console.log(1); setInterval(() => 0, 1e6)'`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const identity = identify(parent.pid!)!
  await once(parent.stdout, 'data')
  const [tree_ms, gone_ms] = treeCpuMs([identity, { ...identity, start_ticks: 1 }])
  expect(tree_ms).toBeGreaterThanOrEqual(400)
  expect(usageOf(identity)!.cpu_ms).toBeLessThan(200)
  expect(gone_ms).toBe(0)
  killTree(identity)
  await once(parent, 'exit')
  expect(treeCpuMs([identity])).toEqual([0])
})
