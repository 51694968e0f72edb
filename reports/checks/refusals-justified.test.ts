import { expect, test } from 'vitest'
import type { RawRecord } from '../record/fixture.ts'
import { refusalsJustified } from './refusals-justified.ts'
import { outcomeOf } from './testing.ts'

/** What shows a second use of a refresh token is taken away; the first use is answered. */
function firstUseAlone(raw: RawRecord): string {
  const second = raw.history.find(({ kind, type }) => kind === 'refresh' && type === 'fail')!
  raw.history = raw.history.filter(({ operation_id }) => operation_id !== second.operation_id)
  return raw.history.find(({ kind, type }) => kind === 'refresh' && type === 'ok')!.operation_id
}

test('a login may have ended by a refresh that its client sent twice, for the first answer did not come', () => {
  expect(outcomeOf(refusalsJustified, (raw) => void firstUseAlone(raw)).violations[0]?.witness.text).toMatch(
    /token_revoked.*nothing had ended its login/,
  )
  const again = outcomeOf(refusalsJustified, (raw) => {
    const id = firstUseAlone(raw)
    const row = { ...raw.requests.at(-1)!, operation_id: id, kind: 'refresh' }
    raw.requests.push({ ...row, attempt: 1 }, { ...row, attempt: 2 })
  })
  expect(again.violations).toEqual([])
})
