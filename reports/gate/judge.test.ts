import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fixture, recordOf, writeFixture, type FixtureOptions, type RawRecord } from '../record/fixture.ts'
import type { RunFile } from '../record/format.ts'
import { judge, judgeRun } from './judge.ts'

function judged(options: Partial<FixtureOptions> = {}, change: (raw: RawRecord) => void = () => undefined) {
  const raw = fixture({ trials: 1, ...options })
  change(raw)
  return judge(recordOf(raw))
}
const plain = (text: string): string => text.replaceAll('\u00A0', ' ')
const outcome = (state: NonNullable<RunFile['outcome']>['state'], text: string) => (raw: RawRecord) => {
  raw.run = { ...raw.run, outcome: { state, text } }
}
const without = (raw: RawRecord, phase: string, state: 'begin' | 'end'): void => {
  raw.journal = raw.journal.filter((line) => !(line.kind === 'phase' && line.phase === phase && line.state === state))
}

test.each(['wallet-kill', 'traffic-surge', 'region-failover'] as const)('%s passes when all is well', (story) => {
  const { verdict } = judged({ story, trials: 3 })
  expect(verdict).toMatchObject({ system: 'PASS', harness: 'PASS', cleanup: 'PASS', reasons: [] })
  expect(verdict.sentence).toMatch(/not one cent was lost\.$/)
})

test('the sentence says what was done, how many were hurt, and how long it took', () => {
  const kill = plain(judged({ trials: 3 }).verdict.sentence)
  const deed = 'Killing one of two wallet instances in region a three times'
  expect(kill).toMatch(new RegExp(String.raw`^${deed} made \d+ of 2 \d{3} operations fail; service was whole again`))
  expect(kill).toMatch(/after \d\.\d s \(median of 3, \d\.\d–\d\.\d s\), and not one cent was lost\.$/)
  const surge = plain(judged({ story: 'traffic-surge' }).verdict.sentence)
  expect(surge).toMatch(/^Load rose from 40 to 160 operations\/s; gateway and game grew from 1 to 2 replicas/)
  expect(plain(judged({ severity: 0 }).verdict.sentence)).toMatch(
    /went unnoticed by all 1 \d{3} operations.*never missed/,
  )
})

test('lost money is a failure whose sentence names the operation', () => {
  const { verdict, consistency } = judged({}, (raw) => {
    raw.ledger = raw.ledger.filter((line) => !(line.kind === 'transfer' && line.key === 'deposit:p-1:fixture-setup-1'))
  })
  expect(verdict.system).toBe('FAIL')
  expect(verdict.sentence).toContain('The acknowledged deposit setup-1 (key fixture-setup-1) of player p-1 is lost')
  expect(consistency.violations[0]?.kind).toBe('acknowledged-lost')
  expect(verdict.expectations.find(({ name }) => name === 'consistent')?.state).toBe('FAIL')
})

test('a recovery that takes too long, or never comes, is a failure', () => {
  expect(judged({ severity: 9.5 }).verdict).toMatchObject({ system: 'FAIL', harness: 'PASS' })
  const never = judged({ severity: 30 }).verdict
  expect(never.system).toBe('FAIL')
  expect(never.sentence).toContain('was not whole again')
})

const expecting = (raw: RawRecord, expectations: object): void => {
  raw.run.experiment = { ...(raw.run.experiment as object), expectations }
}
const stateIn = ({ verdict }: ReturnType<typeof judged>, wanted: string) =>
  verdict.expectations.find(({ name }) => name === wanted)?.state

test('that a trial recovers is expected of every experiment that does not say why it may not', () => {
  const nothing = judged({ severity: 30 }, (raw) => expecting(raw, {}))
  expect([nothing.verdict.system, stateIn(nothing, 'recovery')]).toEqual(['FAIL', 'FAIL'])
  expect(judged({}, (raw) => expecting(raw, {})).verdict.system).toBe('PASS')
  const waives = { recovers: 'the region stays dark until somebody comes' }
  const waived = judged({ severity: 30 }, (raw) => expecting(raw, { waives }))
  expect([waived.verdict.system, stateIn(waived, 'recovery')]).toEqual(['PASS', undefined])
})

test('a trial that was watched to its limit has recovered only if it was served well for long enough', () => {
  const atLimit = (good_s: number) =>
    judged({}, (raw) => {
      expecting(raw, {})
      Object.assign(raw.run.experiment as object, { recovery: { good_s, limit_s: 30 } })
      for (const line of raw.journal) if (line.kind === 'trial' && line.state === 'recovered') line.state = 'limit'
    })
  expect(stateIn(atLimit(1), 'recovery')).toBe('PASS')
  expect(stateIn(atLimit(600), 'recovery')).toBe('FAIL')
})

test('a system that is not whole at the end of a trial fails, unless the experiment says why it may not be', () => {
  const lacking = (expectations: object) =>
    judged({}, (raw) => {
      expecting(raw, expectations)
      const text = 'trial 1: wallet-a 1/2'
      raw.journal.push({ kind: 'note', at_ms: 1, monotonic_ms: 1, code: 'not-whole', text })
    })
  const { verdict } = lacking({})
  expect(verdict.system).toBe('FAIL')
  expect(verdict.reasons.map(({ text }) => text).join()).toContain('wallet-a 1/2')
  expect(lacking({ waives: { whole: 'nothing restarts it in this design' } }).verdict.system).toBe('PASS')
})

test('violations are a failure whatever the experiment leaves out; only a reason in words waives them', () => {
  const lost = (expectations: object) =>
    judged({}, (raw) => {
      expecting(raw, expectations)
      raw.ledger = raw.ledger.filter(
        (line) => !(line.kind === 'transfer' && line.key === 'deposit:p-1:fixture-setup-1'),
      )
    }).verdict.system
  expect([lost({}), lost({ consistent: false })]).toEqual(['FAIL', 'FAIL'])
  expect(lost({ consistent: false, waives: { consistent: 'a design that loses commits, to be measured' } })).toBe(
    'PASS',
  )
})

test('a fault that stopped biting while it was held makes a run inconclusive, by name', () => {
  const { verdict } = judged({}, (raw) => {
    const last = raw.journal.findLast((line) => line.kind === 'fault' && line.state === 'effective')!
    raw.journal.push({ ...last, state: 'lost', evidence: 'it answers in 1.0 ms' } as typeof last)
    raw.journal.push({ kind: 'note', at_ms: 1, monotonic_ms: 1, code: 'lease-expired', text: 'not heard for 18 s' })
  })
  expect(verdict).toMatchObject({ system: 'INCONCLUSIVE', harness: 'INCONCLUSIVE' })
  expect(verdict.reasons.map(({ code }) => code)).toEqual(['LEASE_EXPIRED', 'FAULT_STOPPED_BITING'])
})

test.each<[string, (raw: RawRecord) => void, string]>([
  ['aborted', outcome('aborted', 'interrupted'), 'ABORTED'],
  ['failed', outcome('failed', 'the load ended too early'), 'FAILED'],
  ['killed', (raw) => delete raw.run.outcome, 'NO_END'],
  ['never steady', (raw) => without(raw, 'steady-state', 'end'), 'NOT_STEADY'],
  [
    'not loaded as planned',
    (raw) => raw.requests.forEach((row) => (row.start_ms = Number(row.start_ms) + 200)),
    'LOAD_NOT_AS_PLANNED',
  ],
  [
    'without a fault that bit',
    (raw) => (raw.journal = raw.journal.filter((line) => !(line.kind === 'fault' && line.state === 'effective'))),
    'FAULT_NOT_EFFECTIVE',
  ],
  ['without all trials', (raw) => ((raw.run.experiment as { trials: number }).trials = 3), 'TRIALS_MISSING'],
])('a run that was %s is inconclusive, never a pass', (_title, change, code) => {
  const { verdict } = judged({}, change)
  expect(verdict).toMatchObject({ system: 'INCONCLUSIVE', harness: 'INCONCLUSIVE' })
  expect(verdict.reasons.map((reason) => reason.code)).toContain(code)
  expect(verdict.sentence).toMatch(/^No verdict: /)
})

test('times of an unsound run are neither good nor bad, but lost money is lost', () => {
  const slow = judged({ severity: 9.5 }, outcome('aborted', 'interrupted')).verdict
  expect(slow.system).toBe('INCONCLUSIVE')
  const lost = judged({}, (raw) => {
    outcome('aborted', 'interrupted')(raw)
    raw.ledger = raw.ledger.filter((line) => !(line.kind === 'transfer' && line.key === 'deposit:p-1:fixture-setup-1'))
  }).verdict
  expect(lost).toMatchObject({ system: 'FAIL', harness: 'INCONCLUSIVE' })
})

test('a stop condition that ended the run is the system’s failure', () => {
  const { verdict } = judged({}, outcome('stopped', '80 % of the operations failed'))
  expect(verdict).toMatchObject({ system: 'FAIL', harness: 'PASS' })
  expect(verdict.sentence).toContain('80 % of the operations failed')
})

test.each(['FAIL', 'INCONCLUSIVE'] as const)('a stop before the first fault is %s, as the load was', (expected) => {
  const { verdict } = judged({ late_ms: expected === 'FAIL' ? 0 : 200 }, (raw) => {
    outcome('stopped', '80 % of the operations failed')(raw)
    raw.journal = raw.journal.filter(({ kind }) => kind !== 'fault' && kind !== 'trial')
  })
  expect(verdict).toMatchObject({ system: expected, harness: 'INCONCLUSIVE' })
  expect(verdict.sentence).toContain('80 % of the operations failed')
})

test.each<[string, (raw: RawRecord) => void, 'FAIL' | 'INCONCLUSIVE']>([
  [
    'a fault that was not reverted',
    (raw) => (raw.journal = raw.journal.filter((line) => !(line.kind === 'fault' && line.state === 'reverted'))),
    'FAIL',
  ],
  ['residue', (raw) => raw.journal.push({ kind: 'cleanup', at_ms: 1, monotonic_ms: 1, residue: ['toxic x'] }), 'FAIL'],
  ['no scan', (raw) => (raw.journal = raw.journal.filter((line) => line.kind !== 'cleanup')), 'INCONCLUSIVE'],
])('%s is a matter of cleanup', (_title, change, state) => {
  const { verdict, cleanup } = judged({}, change)
  expect(verdict.cleanup).toBe(state)
  expect(cleanup.state).toBe(state)
  expect(verdict.system).toBe('PASS')
})

test('an empty record is judged too', () => {
  const { verdict } = judged({}, (raw) => {
    for (const lines of [raw.requests, raw.history, raw.observations, raw.ledger]) lines.length = 0
  })
  expect(verdict).toMatchObject({ system: 'INCONCLUSIVE', harness: 'INCONCLUSIVE' })
})

test('the same record gives the same result, byte for byte, and on disk as in memory', async () => {
  const raw = fixture({ trials: 1, rate_per_s: 10 })
  const folder = mkdtempSync(join(tmpdir(), 'judge-'))
  try {
    writeFixture(folder, raw)
    const result = await judgeRun(folder)
    expect(result).toEqual(judge(recordOf(raw)))
    const first = readFileSync(join(folder, 'result.json'), 'utf8')
    await judgeRun(folder)
    expect(readFileSync(join(folder, 'result.json'), 'utf8')).toBe(first)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a system that does not come to rest fails, unless the run itself was unsound', () => {
  const unsettled = (raw: RawRecord): void => {
    raw.journal.push({ kind: 'note', at_ms: 1, monotonic_ms: 1, code: 'not-settled', text: 'outbox 3' })
  }
  const { verdict } = judged({}, unsettled)
  expect(verdict.system).toBe('FAIL')
  expect(verdict.sentence).toContain('did not come to rest within its limit: outbox 3')
  const unsound = judged({}, (raw) => {
    unsettled(raw)
    outcome('failed', 'no steady state')(raw)
  })
  expect(unsound.verdict.system).toBe('INCONCLUSIVE')
})
