import { isGood, type LiveWindows, type ServiceLevel, type Window } from './windows.ts'

/** Seconds of unbroken good windows up to now, counted from `from_ms` at the earliest. */
export function goodStretch_s(windows: readonly Window[], level: ServiceLevel, window_s = 1): number {
  let good = 0
  for (const window of windows) {
    const now = isGood(window, level) ?? good > 0
    good = now ? good + 1 : 0
  }
  return good * window_s
}

export const recovered = (
  windows: LiveWindows,
  level: ServiceLevel,
  { good_s, from_ms, now_ms }: { good_s: number; from_ms: number; now_ms: number },
): boolean => goodStretch_s(windows.between(from_ms, now_ms), level, windows.window_ms / 1000) >= good_s
