import { judge } from '../gate/judge.ts'
import { fixture, recordOf, type FixtureOptions } from '../record/fixture.ts'
import type { ResultFile } from '../record/result.ts'

// For the tests of the documents: one result that passes, one that fails with hostile text in it, one without a verdict.
const options: Partial<FixtureOptions> = { rate_per_s: 20, trials: 2, players: 8 }

export const passing = (): ResultFile => judge(recordOf(fixture(options)))

export function failing(): ResultFile {
  const raw = fixture({ ...options, severity: 12 })
  raw.ledger = raw.ledger.filter((line) => !(line.kind === 'transfer' && line.key === 'deposit:p-1:fixture-setup-1'))
  for (const line of raw.history)
    if (line.operation_id === 'setup-1')
      line.value['note'] = '</script><script>alert(1)</script> & "quoted" \u0001 | `x`'
  raw.run = { ...raw.run, seed: '<seed>' }
  return judge(recordOf(raw))
}

export function inconclusive(): ResultFile {
  const raw = fixture({ ...options, story: 'region-failover', late_ms: 200 })
  return judge(recordOf(raw))
}
