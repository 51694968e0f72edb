import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { alive, identify } from './process.ts'
import { type ProcessRecord, processesFile, readProcesses } from './warden.ts'

async function ownedFolder() {
  const parent = await mkdtemp(join(tmpdir(), 'slot-warden-'))
  onTestFinished(() => rm(parent, { recursive: true, force: true }))
  const folder = join(parent, 'systems', 'one')
  await mkdir(folder, { recursive: true })
  return { parent, folder }
}
const line = (record: ProcessRecord): string => `${JSON.stringify(record)}\n`

test('when the pipe to its owner breaks, every recorded process and the folder go; others stay', async () => {
  const { parent, folder } = await ownedFolder()
  const recorded = spawn('sleep', ['60'])
  const graceful = spawn('sleep', ['60'])
  const other = spawn('sleep', ['60'])
  onTestFinished(() => void other.kill('SIGKILL'))
  const [first, second, third] = [recorded, graceful, other].map((child) => identify(child.pid!)!)
  await writeFile(
    join(folder, processesFile),
    line({ name: 'one', ...first!, stop: 'SIGKILL' }) +
      line({ name: 'two', ...second!, stop: 'SIGQUIT' }) +
      line({ name: 'reused number', pid: third!.pid, start_ticks: third!.start_ticks - 1, stop: 'SIGKILL' }),
  )
  const warden = spawn(process.execPath, [join(import.meta.dirname, 'warden.ts'), folder], {
    stdio: ['pipe', 'inherit', 'inherit'],
  })
  expect(alive(first!)).toBe(true)
  warden.stdin.end()
  const [code] = await once(warden, 'exit')
  expect(code).toBe(0)
  expect([first!, second!, third!].map(alive)).toEqual([false, false, true])
  expect(await readdir(parent)).toEqual([])
})

test('a last line that a crash cut short is left out', async () => {
  const { folder } = await ownedFolder()
  const whole: ProcessRecord = { name: 'one', pid: 5, start_ticks: 7, stop: 'SIGKILL' }
  await writeFile(join(folder, processesFile), line(whole))
  await appendFile(join(folder, processesFile), line(whole).slice(0, 20))
  expect(readProcesses(folder)).toEqual([whole])
  expect(readProcesses(join(folder, 'nowhere'))).toEqual([])
})
