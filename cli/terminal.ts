import type { Progress } from '#chaos/engine/progress.ts'
import type { Clock } from '#lib/clock.ts'

// Progress goes to stderr: one line a phase, when it is over; what is going on this second only on a terminal, in one line that
// is written over. Results go to stdout.
export interface Terminal {
  readonly progress: Progress
  /** A line of its own. */
  line: (text: string) => void
  /** Takes the live line away. */
  clear: () => void
}

interface Output {
  write(text: string): unknown
  isTTY?: boolean
  columns?: number
}

const status_every_ms = 100
const eraseLine = '\r\u001B[K'

export function terminal(output: Output, clock: Clock): Terminal {
  let shown = false
  let running = ''
  let began_ms = 0
  let last_status_ms = -Infinity
  const clear = (): void => {
    if (shown) output.write(eraseLine)
    shown = false
  }
  const line = (text: string): void => {
    clear()
    output.write(`${text}\n`)
  }
  const status = (text: string): void => {
    const now_ms = clock.monotonic_ms()
    if (output.isTTY !== true || now_ms - last_status_ms < status_every_ms) return
    last_status_ms = now_ms
    const whole = phaseLine(running, now_ms - began_ms, text.replaceAll(/\s+/g, ' '))
    output.write(eraseLine + whole.slice(0, Math.max(20, (output.columns ?? 80) - 1)))
    shown = true
  }
  const progress: Progress = (event) => {
    if (event.kind === 'begin') {
      running = event.title
      began_ms = clock.monotonic_ms()
      last_status_ms = -Infinity
      status('…')
    } else if (event.kind === 'end') {
      line(phaseLine(running, event.elapsed_ms, event.ok ? event.text : `✗ ${event.text}`))
    } else if (event.kind === 'note') line(`  ${event.text}`)
    else status(event.text)
  }
  return { progress, line, clear }
}

const phaseLine = (title: string, elapsed_ms: number, text: string): string =>
  `  ${title.padEnd(13)} ${(elapsed_ms / 1000).toFixed(1).padStart(6)} s  ${text}`.trimEnd()
