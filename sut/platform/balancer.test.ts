import { describe, expect, test } from 'vitest'
import { random } from '#lib/random.ts'
import { balancer, retryBudget } from './balancer.ts'

const near = { key: 'near', region: 'a' }
const near_too = { key: 'near-too', region: 'a' }
const far = { key: 'far', region: 'b' }
const nobody = new Set<string>()
const fail = (balance: ReturnType<typeof balancer>, key: string, times: number) =>
  Array.from({ length: times }, () => {
    balance.begin(key)
    return balance.end(key, false)
  })

describe('the balancer', () => {
  test('stays in its region, and there with the less busy', () => {
    const balance = balancer('a', random('1'))
    balance.begin('near')
    expect(balance.choose([far, near, near_too], nobody)).toBe(near_too)
    expect(balance.choose([far, near, near_too], new Set(['near', 'near-too']))).toBe(far)
    expect(balance.choose([], nobody)).toBeUndefined()
  })

  test('ejects after three failures in a row, until a probe or a call is answered', () => {
    const balance = balancer('a', random('1'))
    expect(fail(balance, 'near', 2)).toEqual([false, false])
    balance.begin('near')
    balance.end('near', true)
    expect(fail(balance, 'near', 3)).toEqual([false, false, true])
    expect(balance.choose([near, far], nobody)).toBe(far)
    expect(fail(balance, 'near', 4)).toEqual([false, false, false, false])
    balance.admit('near')
    expect(balance.choose([near, far], nobody)).toBe(near)
    expect(fail(balance, 'near', 3)).toEqual([false, false, true])
    balance.begin('near')
    balance.end('near', true)
    expect(balance.ejected('near')).toBe(false)
  })

  test('tries an ejected one when there is nothing else', () => {
    const balance = balancer('a', random('1'))
    fail(balance, 'near', 3)
    expect(balance.choose([near], nobody)).toBe(near)
  })
})

test('retries stay a tenth of the calls', () => {
  const budget = retryBudget(0)
  let allowed = 0
  for (let call = 0; call < 10_000; call++) {
    budget.call()
    if (budget.retry(0)) allowed++
  }
  expect(allowed).toBeGreaterThan(1000)
  expect(allowed).toBeLessThan(1040)
  expect(budget.retry(400)).toBe(true)
})
