import { pause } from '#lib/wait.ts'
import type { Run } from './run.ts'
import { systemOf, tidySignal } from './run.ts'

// The steps `settle` and `dump`: what is judged is the state of a system in which nothing moves any more.

const settle_limit_ms = 30_000

/** Waits until nothing is pending, twice in a row. When it never comes to rest, a note says what still moves: a check judges that. */
export async function settle(run: Run): Promise<string> {
  const system = systemOf(run)
  const { clock, progress } = run.ports
  const begin_ms = clock.monotonic_ms()
  let quiet = 0
  for (;;) {
    const moving = Object.entries(await system.pending()).filter(([, count]) => count !== 0)
    const text = moving.map(([name, count]) => `${name} ${count}`).join(', ')
    quiet = moving.length === 0 ? quiet + 1 : 0
    if (quiet === 2) return 'nothing moves'
    if (clock.monotonic_ms() - begin_ms >= settle_limit_ms) {
      run.record.journal({ kind: 'note', code: 'not-settled', text })
      return `still moving after ${settle_limit_ms / 1000} s: ${text}`
    }
    progress({ kind: 'status', text: moving.length === 0 ? 'nothing moves' : `still moving: ${text}` })
    await pause(run.windows.window_ms / 4, tidySignal(run))
  }
}

export async function dump(run: Run): Promise<string> {
  let lines = 0
  let spans = 0
  for await (const line of systemOf(run).dump()) {
    tidySignal(run).throwIfAborted()
    if (line.kind === 'span') {
      run.record.span(line.span)
      spans++
      continue
    }
    run.record.state(line)
    if (++lines % 10_000 === 0) run.ports.progress({ kind: 'status', text: `${lines} lines` })
  }
  run.done.add('dump')
  return spans === 0 ? `${lines} lines` : `${lines} lines, ${spans} spans`
}
