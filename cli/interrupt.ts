import { Failure } from '#lib/errors.ts'

export interface Interrupt extends Disposable {
  /** Aborted by the first SIGINT, SIGTERM or SIGHUP, and by an error that nobody caught. */
  readonly signal: AbortSignal
  /** Aborted by the second one: what is only worth knowing is left undone, what must be undone is not. */
  readonly at_once: AbortSignal
}

const quiet_ms = 1000

/**
 * The first signal ends a run in good order: what came so far is read and judged. The second ends it at once. Further ones change
 * nothing: cutting the clean-up short would leave what it cleans up. They only get an answer.
 */
export function interruptible(say: (text: string) => void, now_ms: () => number): Interrupt {
  const controller = new AbortController()
  const hurry = new AbortController()
  let said_ms = 0
  const interrupted = (name: NodeJS.Signals): void => {
    // npm sends on what the terminal has sent already: two at once are one.
    if (controller.signal.aborted && now_ms() - said_ms < quiet_ms) return
    said_ms = now_ms()
    if (controller.signal.aborted && !hurry.signal.aborted) {
      say(`${name} again: ending at once, nothing more is read …`)
      hurry.abort(new Failure('ABORTED', `interrupted twice by ${name}`))
    } else if (controller.signal.aborted)
      say('still cleaning up; what is killed now is left to: npm run chaos -- recover')
    else {
      say(`${name}: reverting faults, ending load and system, reading what came so far … (once more: at once)`)
      controller.abort(new Failure('ABORTED', `interrupted by ${name}`))
    }
  }
  const uncaught = (error: unknown): void => controller.abort(error)
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const name of names) process.on(name, interrupted)
  process.on('uncaughtException', uncaught)
  process.on('unhandledRejection', uncaught)
  return {
    signal: controller.signal,
    at_once: hurry.signal,
    [Symbol.dispose]: () => {
      for (const name of names) process.off(name, interrupted)
      process.off('uncaughtException', uncaught)
      process.off('unhandledRejection', uncaught)
    },
  }
}
