import { expect, test } from 'vitest'
import { traceSettingsOf } from './tracing.ts'

test('one in a hundred, unless somebody says otherwise', () => {
  expect(traceSettingsOf({})).toEqual({ share: 0.01 })
  expect(traceSettingsOf({ SLOT_CHAOS_TRACE_SHARE: '0' })).toEqual({ share: 0 })
  expect(
    traceSettingsOf({ SLOT_CHAOS_TRACE_SHARE: '1', SLOT_CHAOS_OTLP_ENDPOINT: 'http://127.0.0.1:4318/v1/traces' }),
  ).toEqual({ share: 1, otlp_endpoint: 'http://127.0.0.1:4318/v1/traces' })
})

test.for([
  { SLOT_CHAOS_TRACE_SHARE: 'all' },
  { SLOT_CHAOS_TRACE_SHARE: '1.5' },
  { SLOT_CHAOS_TRACE_SHARE: '-0.1' },
  { SLOT_CHAOS_OTLP_ENDPOINT: '127.0.0.1:4318' },
  { SLOT_CHAOS_OTLP_ENDPOINT: 'http://' },
])('%o is refused before anything starts', (environment) => {
  expect(() => traceSettingsOf(environment)).toThrow(/SLOT_CHAOS_/)
})
