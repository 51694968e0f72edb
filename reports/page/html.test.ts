import { expect, test } from 'vitest'
import { judge } from '../gate/judge.ts'
import { fixture, recordOf } from '../record/fixture.ts'
import { runPage, suitePage } from './html.ts'
import { failing, inconclusive, passing } from './testing.ts'

test('the page needs nothing from outside', () => {
  for (const page of [runPage(passing()), suitePage([passing(), failing()])]) {
    const withoutComments = page.replaceAll(/\/\*!?[^]*?\*\//g, '')
    expect(withoutComments.match(/\b(?:https?:)?\/\/[a-z][a-z0-9.-]+\.[a-z]{2,}/gi)).toBeNull()
    expect(page).not.toMatch(/<(?:link rel="stylesheet"|script src|img)/)
    expect(page).toContain(`Content-Security-Policy" content="default-src 'none'; script-src 'sha256-`)
  }
})

test('text out of a record is text, never markup', () => {
  const page = runPage(failing())
  expect(page).not.toContain('<script>alert(1)')
  expect(page).toContain('&lt;/script&gt;&lt;script&gt;alert(1)')
  expect(page).toContain('&lt;seed&gt;')
})

test('the sentence and the verdicts come first, then what was expected', () => {
  const page = runPage(failing())
  const order = [
    'class="sentence fail"',
    'class="verdicts"',
    'Expectations</h2>',
    'Timeline</h2>',
    'Recovery</h2>',
    'Consistency</h2>',
    'npm run chaos -- wallet-kill',
  ]
  const at = order.map((text) => page.indexOf(text))
  expect(at).toEqual(at.toSorted((one, other) => one - other))
  expect(at).not.toContain(-1)
})

test('a suite shows every run, and opens those that did not pass', () => {
  const page = suitePage([passing(), failing(), inconclusive()])
  expect(page).toContain('1 of 3 runs passed')
  expect(
    [...page.matchAll(/<details class="run" id="run-(\d)"( open)?>/g)].map(([, run, open]) => [
      run,
      open !== undefined,
    ]),
  ).toEqual([
    ['0', false],
    ['1', true],
    ['2', true],
  ])
})

test('a run with traces shows the slowest as waterfalls, one without has no such section', () => {
  const traced = runPage(judge(recordOf(fixture({ rate_per_s: 20, trials: 1, players: 8, traced: 3 }))))
  expect(traced.match(/<details class="trace"( open)?>/g)).toHaveLength(3)
  expect(traced).toContain('aria-label="wallet wallet-transfer-traced: ')
  expect(traced).toContain('of its events')
  expect(runPage(passing())).not.toContain('>Traces<')
})
