import type { ResultFile } from '../record/result.ts'

/** 0 all pass · 1 the system failed · 3 inconclusive · 4 something could not be undone; what is worse for the user first: 4, 1, 3. */
export function exitCodeOf(results: readonly ResultFile[]): 0 | 1 | 3 | 4 {
  const verdicts = results.map(({ verdict }) => verdict)
  if (verdicts.some(({ cleanup }) => cleanup === 'FAIL')) return 4
  if (verdicts.some(({ system }) => system === 'FAIL')) return 1
  const all = verdicts.flatMap(({ system, harness, cleanup }) => [system, harness, cleanup])
  // No result at all shows nothing.
  return all.length === 0 || all.some((state) => state !== 'PASS') ? 3 : 0
}
