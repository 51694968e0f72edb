import { expect, test } from 'vitest'
import { ProgramFailed, runProgram } from './run-program.ts'

const node = (script: string, limit_ms = 10_000): ReturnType<typeof runProgram> =>
  runProgram(process.execPath, ['-e', script], { limit_ms })

test('gives what was printed', async () => {
  const output = await node("console.log('out'); console.error('err')")
  expect(output).toEqual({ stdout: 'out\n', stderr: 'err\n' })
})

test('keeps the end of a long output', async () => {
  const { stdout } = await node("process.stdout.write('x'.repeat(1e6) + 'end')")
  expect(stdout).toHaveLength(256 * 1024)
  expect(stdout.endsWith('end')).toBe(true)
})

test('says the last line of a program that failed', async () => {
  const failed = node("console.error('first'); console.error('no such thing'); process.exit(3)")
  await expect(failed).rejects.toThrow(/ended with 3: no such thing$/)
})

test('ends a program at its limit', async () => {
  await expect(node('setInterval(() => {}, 1000)', 200)).rejects.toThrow(/took longer than 0.2 s/)
})

test('ends a program when aborted, with the reason of the abort', async () => {
  const abort = new AbortController()
  const script = ['-e', 'setInterval(() => {}, 1000)']
  const running = runProgram(process.execPath, script, { limit_ms: 10_000, signal: abort.signal })
  abort.abort(new Error('enough'))
  await expect(running).rejects.toThrow('enough')
})

test('names a program that is not there', async () => {
  const missing = runProgram('/no/such/program', [], { limit_ms: 1_000 })
  await expect(missing).rejects.toThrow(ProgramFailed)
  await expect(missing).rejects.toThrow('/no/such/program could not be started: ENOENT')
})
