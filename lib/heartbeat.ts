/** Calls `beat` with the time so far until it is disposed: a sign of life during work that says nothing itself. */
export function heartbeat(every_ms: number, beat: (elapsed_ms: number) => void): Disposable {
  const start = performance.now()
  const timer = setInterval(() => beat(performance.now() - start), every_ms)
  timer.unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
