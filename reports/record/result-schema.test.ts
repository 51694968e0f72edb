import { Ajv } from 'ajv'
import { expect, test } from 'vitest'
import { judge } from '../gate/judge.ts'
import { fixture, recordOf } from './fixture.ts'
import { resultSchemaText } from './result-schema.ts'

test.each(['wallet-kill', 'traffic-surge', 'region-failover'] as const)('the result of %s fits the schema', (story) => {
  const validate = new Ajv({ strict: false, allErrors: true }).compile(JSON.parse(resultSchemaText()) as object)
  const result: unknown = JSON.parse(JSON.stringify(judge(recordOf(fixture({ story, rate_per_s: 10 })))))
  expect(validate(result) ? [] : validate.errors).toEqual([])
})
