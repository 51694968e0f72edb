import { expect, test } from 'vitest'
import { terminal } from './terminal.ts'

function screen(isTTY: boolean) {
  let now_ms = 0
  let written = ''
  const output = { isTTY, columns: 50, write: (text: string) => (written += text) }
  const { progress, line } = terminal(output, { monotonic_ms: () => now_ms, wall_ms: () => now_ms })
  const pass = (ms: number): void => void (now_ms += ms)
  return { progress, line, pass, written: () => written }
}

test('in a log: one line a phase, when it is over, and nothing that is written over', () => {
  const { progress, line, written } = screen(false)
  line('wallet-kill · title')
  progress({ kind: 'begin', phase: 'up', title: 'system up' })
  progress({ kind: 'status', text: 'starting' })
  progress({ kind: 'end', phase: 'up', text: '22 instances', elapsed_ms: 11_250, ok: true })
  progress({ kind: 'begin', phase: 'load', title: 'load' })
  progress({ kind: 'end', phase: 'load', text: 'no k6', elapsed_ms: 300, ok: false })
  expect(written()).toBe(
    ['wallet-kill · title', '  system up       11.3 s  22 instances', '  load             0.3 s  ✗ no k6', ''].join(
      '\n',
    ),
  )
})

test('on a terminal the live line is written over, fits, and is not written more than ten times a second', () => {
  const { progress, pass, written } = screen(true)
  progress({ kind: 'begin', phase: 'up', title: 'system up' })
  for (let index = 0; index < 100; index++) {
    pass(10)
    progress({ kind: 'status', text: `step ${index} ${'x'.repeat(100)}` })
  }
  progress({ kind: 'end', phase: 'up', text: 'done', elapsed_ms: 1000, ok: true })
  const lines = written().split('\r\u001B[K')
  expect(lines.length).toBeLessThan(15)
  for (const line of lines) expect(line.trimEnd().length).toBeLessThan(50)
  expect(lines.at(-1)).toBe('  system up        1.0 s  done\n')
})
