import { expect, test } from 'vitest'
import { fixture, recordOf, type RawRecord } from '../record/fixture.ts'
import { runChecks } from './run-checks.ts'

const textsOf = (change: (raw: RawRecord) => void): string[] => {
  const raw = fixture({ rate_per_s: 6, trials: 1, players: 4 })
  change(raw)
  const { violations } = runChecks(recordOf(raw))
  return violations.flatMap(({ kind, witness }) => (kind === 'acts-told' ? [witness.text] : []))
}

/** A login whose answer was lost is one of a name: nobody was told of which player. */
function logInUnanswered(raw: RawRecord, name: string, occurred_at_ms: number): void {
  const at_ms = occurred_at_ms - 10
  const common = { operation_id: 'lost', kind: 'login', player_id: name }
  raw.history.push(
    { ...common, type: 'invoke', at_ms, planned_ms: at_ms, value: { name } },
    { ...common, type: 'info', at_ms: at_ms + 1000, value: { code: 'timeout' } },
  )
  raw.history.sort((one, other) => one.at_ms - other.at_ms)
}

const tellLogin = (raw: RawRecord, player_id: string): number => {
  const occurred_at_ms = raw.history.find(({ kind }) => kind === 'register')!.at_ms + 20_000
  const event = { id: 'e-lost', type: 'identity.logged_in', occurred_at_ms, player_id, login_id: 'l-9', role: 'player' }
  raw.ledger.push({ kind: 'log', event: event as never })
  return occurred_at_ms
}

test('a login that was told and never answered is one that somebody asked for by the name of that player', () => {
  expect(textsOf((raw) => logInUnanswered(raw, 'somebody', tellLogin(raw, 'n-1')))).toEqual([])
})

test('a login of another player is one that nobody asked for', () => {
  expect(textsOf((raw) => logInUnanswered(raw, 'somebody', tellLogin(raw, 'p-2')))).toEqual([
    expect.stringMatching(/e-lost .* of player p-2 .* nobody asked for that/),
  ])
})
