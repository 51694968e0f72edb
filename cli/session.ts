import { systemClock } from '#lib/clock.ts'
import { interruptible, type Interrupt } from './interrupt.ts'
import { terminal, type Terminal } from './terminal.ts'

/** What a command that takes a while needs: somewhere to say how it goes, and to be told to stop. */
export interface Session extends Disposable {
  terminal: Terminal
  signal: Interrupt['signal']
  at_once: Interrupt['at_once']
}

export function session(): Session {
  const screen = terminal(process.stderr, systemClock)
  const interrupt = interruptible(
    (text) => screen.line(text),
    () => systemClock.monotonic_ms(),
  )
  return {
    terminal: screen,
    signal: interrupt.signal,
    at_once: interrupt.at_once,
    [Symbol.dispose]: () => {
      screen.clear()
      interrupt[Symbol.dispose]()
    },
  }
}
