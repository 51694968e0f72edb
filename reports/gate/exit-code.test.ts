import { expect, test } from 'vitest'
import type { ResultFile, VerdictState } from '../record/result.ts'
import { exitCodeOf } from './exit-code.ts'

const result = (system: VerdictState, harness: VerdictState = 'PASS', cleanup: VerdictState = 'PASS') =>
  ({ verdict: { system, harness, cleanup } }) as ResultFile

test.each([
  [[result('PASS')], 0],
  [[result('PASS'), result('FAIL')], 1],
  [[result('INCONCLUSIVE', 'INCONCLUSIVE')], 3],
  [[result('INCONCLUSIVE'), result('FAIL')], 1],
  [[result('PASS', 'PASS', 'INCONCLUSIVE')], 3],
  [[result('FAIL'), result('PASS', 'PASS', 'FAIL')], 4],
  [[], 3],
] as const)('exit code %#', (results, code) => {
  expect(exitCodeOf(results)).toBe(code)
})
