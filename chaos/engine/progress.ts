/** What a run says while it goes on; the commands turn it into lines. */
export type ProgressEvent =
  | { kind: 'begin'; phase: string; title: string }
  | { kind: 'end'; phase: string; text: string; elapsed_ms: number; ok: boolean }
  | { kind: 'note'; text: string }
  /** What is going on this second: replaces what was said before. */
  | { kind: 'status'; text: string }

export type Progress = (event: ProgressEvent) => void
