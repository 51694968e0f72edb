/**
 * A loop that goes on until it is disposed, which waits for its end. An error of the loop goes to `failed`; it must not throw.
 */
export function background(
  loop: (signal: AbortSignal) => Promise<void>,
  failed: (error: unknown) => void,
): AsyncDisposable {
  const stop = new AbortController()
  const running = loop(stop.signal).catch((error: unknown) => {
    if (!stop.signal.aborted) failed(error)
  })
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await running
    },
  }
}
