import { expect, test } from 'vitest'
import { fixture, recordOf } from '../record/fixture.ts'
import { cpuMsByProgram } from './cost.ts'

function recordWith(told: (Record<string, number> | undefined)[]) {
  const record = recordOf(fixture())
  const [sample] = record.observations.filter((line) => line.kind === 'sample')
  const observations = told.map((cpu_ms) => ({ ...sample!, ...(cpu_ms === undefined ? {} : { cpu_ms }) }))
  return { ...record, observations }
}

test('what a program used is the difference between when it was seen last and the first sample', () => {
  const record = recordWith([
    undefined,
    { wallet: 100, load: 7, machine: 900 },
    { load: 9 },
    { wallet: 350, k6: 40, machine: 1900 },
  ])
  expect(cpuMsByProgram(record)).toEqual({ wallet: 250, load: 2, k6: 40, machine: 1000 })
})

test('a target that does not tell, or a counter that began anew, gives no figure rather than a wrong one', () => {
  expect(cpuMsByProgram(recordWith([undefined, undefined]))).toBeNull()
  expect(cpuMsByProgram(recordWith([{ wallet: 100 }, { wallet: 20 }]))).toBeNull()
})
