import { expect, test } from 'vitest'
import { fixture, recordOf } from '../record/fixture.ts'
import { cpuMsByProgram } from './cost.ts'

function recordWith(told: (Record<string, number> | undefined)[]) {
  const record = recordOf(fixture())
  const [sample] = record.observations.filter((line) => line.kind === 'sample')
  const observations = told.map((cpu_ms) => ({ ...sample!, ...(cpu_ms === undefined ? {} : { cpu_ms }) }))
  return { ...record, observations }
}

test('what a program used is the difference of the last sample and the first', () => {
  const record = recordWith([undefined, { wallet: 100, machine: 900 }, {}, { wallet: 350, k6: 40, machine: 1900 }])
  expect(cpuMsByProgram(record)).toEqual({ wallet: 250, k6: 40, machine: 1000 })
})

test('a target that does not tell, or a counter that began anew, gives no figure rather than a wrong one', () => {
  expect(cpuMsByProgram(recordWith([undefined, undefined]))).toBeNull()
  expect(cpuMsByProgram(recordWith([{ wallet: 100 }, { wallet: 20 }]))).toBeNull()
})
