import { expect, test } from 'vitest'
import { fixture, recordOf, type FixtureOptions, type RawRecord } from '../record/fixture.ts'
import { auditGenerator } from './generator.ts'
import { runWindows } from './latency.ts'
import { measureRecovery } from './recovery.ts'

function audit(options: Partial<FixtureOptions>, change: (raw: RawRecord) => void = () => undefined) {
  const raw = fixture(options)
  change(raw)
  const record = recordOf(raw)
  return auditGenerator(record, runWindows(record), measureRecovery(record).trials)
}

test('a load that was offered as planned passes', () => {
  expect(audit({ story: 'wallet-kill' })).toMatchObject({ state: 'PASS', dropped: 0 })
})

test('arrivals dropped while clients hang on a broken system are the system’s failures', () => {
  const result = audit({ story: 'region-failover' })
  expect(result.state).toBe('PASS')
  expect(result.dropped).toBeGreaterThan(result.planned * 0.01)
  expect(result.note).toMatch(/count as failed/)
})

test('arrivals dropped while all is well are the generator’s', () => {
  const result = audit({ story: 'wallet-kill' }, (raw) => {
    for (const [index, row] of raw.requests.entries())
      if (index % 20 === 3) Object.assign(row, { dropped: 1, outcome: 'fail', status: 0, start_ms: 0, duration_ms: 0 })
  })
  expect(result).toMatchObject({
    state: 'INCONCLUSIVE',
    note: expect.stringMatching(/arrivals were dropped/) as string,
  })
})

test('a generator that starts late is starved', () => {
  expect(audit({ story: 'wallet-kill', late_ms: 150 })).toMatchObject({
    state: 'INCONCLUSIVE',
    note: expect.stringMatching(/ms late/) as string,
  })
})

test('a schedule that ran to its end and is not in the record was not delivered', () => {
  const result = audit({ story: 'traffic-surge' }, (raw) => {
    raw.requests = raw.requests.filter((_row, index) => index % 10 > 0)
  })
  expect(result).toMatchObject({ state: 'INCONCLUSIVE', note: expect.stringMatching(/only \d+ of 64\d\d/) as string })
})

test('no load at all is no load', () => {
  expect(audit({ rate_per_s: 10 }, (raw) => raw.requests.splice(0)).state).toBe('INCONCLUSIVE')
})
