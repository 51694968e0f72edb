import type { LocalSettings } from './settings.ts'

export type BackOffSettings = Pick<
  LocalSettings,
  'restart_back_off_first_ms' | 'restart_back_off_max_ms' | 'restart_back_off_reset_ms'
>

export interface BackOff {
  /** Crashes in a row: without a run of `restart_back_off_reset_ms` between them. */
  crashes: number
}

/**
 * Kubernetes' CrashLoopBackOff: 0, 10 s, 20 s, 40 s … 300 s; a run of ten minutes starts it anew.
 * Source: kubelet's MaxContainerBackOff and `doBackOff` (pkg/kubelet).
 */
export function afterCrash(
  { crashes }: BackOff,
  ran_ms: number,
  settings: BackOffSettings,
): BackOff & { wait_ms: number } {
  const before = ran_ms >= settings.restart_back_off_reset_ms ? 0 : crashes
  const doubled_ms = settings.restart_back_off_first_ms * 2 ** (before - 1)
  return { crashes: before + 1, wait_ms: before === 0 ? 0 : Math.min(doubled_ms, settings.restart_back_off_max_ms) }
}
