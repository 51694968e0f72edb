import { describe, expect, test } from 'vitest'
import { guesses_looked_at } from '#sut/contracts/promises.ts'
import type { RawRecord } from '../record/fixture.ts'
import { outcomeOf } from './testing.ts'
import { thiefGetsNothing } from './thief-gets-nothing.ts'

const { within_ms, of_one_name_max, from_one_network_max } = guesses_looked_at

interface Guesses {
  count: number
  /** Of the n-th. */
  name: (number: number) => string
  code?: string
  apart_ms?: number
}

/** A thief guesses at passwords, and is refused. */
const guessing =
  ({ count, name, code = 'unauthenticated', apart_ms = 1 }: Guesses) =>
  (raw: RawRecord): void => {
    const from_ms = raw.history.at(-1)!.at_ms + 2 * within_ms
    for (let number = 0; number < count; number++) {
      const at_ms = from_ms + number * apart_ms
      const line = { operation_id: `guess-${number}`, kind: 'login', player_id: 'p-thief', actor: 'thief' } as const
      raw.history.push({ ...line, type: 'invoke', at_ms, value: { name: name(number), attack: 'many-names' } })
      raw.history.push({ ...line, type: 'fail', at_ms: at_ms + 0.5, value: { code } })
    }
  }
const violationsOf = (plant: (raw: RawRecord) => void): string[] =>
  outcomeOf(thiefGetsNothing, plant).violations.map(({ witness }) => witness.text)

const nobody = (number: number): string => `nobody-${number}`
const ada = (): string => 'ada'

describe('guesses that are looked at', () => {
  test.each([
    ['as many names as is promised', { count: from_one_network_max, name: nobody }],
    ['as many of one name', { count: of_one_name_max, name: ada }],
    ['many that are refused unseen', { count: 500, name: nobody, code: 'too_many_requests' }],
    ['many in a long time', { count: 100, name: nobody, apart_ms: within_ms / 20 }],
  ] as [string, Guesses][])('%s are right', (_, guesses) => {
    expect(violationsOf(guessing(guesses))).toEqual([])
    expect(outcomeOf(thiefGetsNothing, guessing(guesses)).exercised['guesses_at_once']).toBeGreaterThan(
      guesses.count - 1,
    )
  })

  test('more of one name than is promised are a violation, and so are more from one network', () => {
    expect(violationsOf(guessing({ count: of_one_name_max + 1, name: ada }))).toEqual([
      expect.stringMatching(/login guess-10 .* is the last of 11 wrong passwords of the name ada/),
    ])
    expect(violationsOf(guessing({ count: from_one_network_max + 1, name: nobody }))).toEqual([
      expect.stringMatching(/is the last of 41 wrong passwords of names that nobody has/),
    ])
  })
})

describe('a trace that an attack asked for', () => {
  const asking = (traced: string) => (raw: RawRecord) => {
    const trace = 'a'.repeat(32)
    guessing({ count: 1, name: ada })(raw)
    const { value } = raw.history.find(({ operation_id, type }) => operation_id === 'guess-0' && type === 'invoke')!
    value['trace'] = trace
    const place = { service: 'gateway', instance: 'gateway-a-1', region: 'a' }
    const what = { name: 'POST /v1/login', span_kind: 'server' as const, attributes: {}, error: null }
    raw.spans = [
      { trace_id: traced, span_id: 'b'.repeat(16), parent_id: null, ...place, ...what, start_ms: 1, end_ms: 2 },
    ]
  }
  test('is a violation when it is there, and none when it is not', () => {
    expect(violationsOf(asking('a'.repeat(32)))).toEqual([expect.stringMatching(/was traced because it asked to be/)])
    expect(violationsOf(asking('c'.repeat(32)))).toEqual([])
    expect(outcomeOf(thiefGetsNothing, asking('c'.repeat(32))).exercised).toMatchObject({ traces_asked: 1 })
  })
})
