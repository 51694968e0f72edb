import { describe, expect, test } from 'vitest'
import { budget, type BudgetLimits } from './budget.ts'

function shop(limits: Partial<BudgetLimits> = {}) {
  const time = { ms: 0 }
  const shared = budget({ burst: 3, per_s: 2, remembered_max: 5, ...limits }, { monotonic_ms: () => time.ms })
  const taken = (who: string, tries: number): number =>
    Array.from({ length: tries }, () => shared.take(who)).filter((charge) => charge !== undefined).length
  return { time, shared, taken }
}

describe('a budget', () => {
  test('lets a burst through, then so many a second, and never saves up more than the burst', () => {
    const { time, taken } = shop()
    expect(taken('ada', 10)).toBe(3)
    time.ms = 1_000
    expect(taken('ada', 10)).toBe(2)
    time.ms = 1_000_000
    expect(taken('ada', 10)).toBe(3)
  })

  test('is of one alone', () => {
    const { taken } = shop()
    taken('ada', 10)
    expect(taken('grace', 10)).toBe(3)
  })

  test('has back what was no waste, or a part of it, and no more than that', () => {
    const { shared, taken } = shop()
    for (let count = 0; count < 20; count++) shared.take('ada')!.giveBack()
    expect(taken('ada', 10)).toBe(3)
    const { shared: other, taken: takenOf } = shop({ per_s: 0 })
    for (let count = 0; count < 4; count++) other.take('ada')!.giveBack(0.5)
    expect(takenOf('ada', 10)).toBe(1)
  })

  test('remembers a bounded number', () => {
    const { shared, taken } = shop()
    for (let number = 0; number < 100; number++) shared.take(`address-${number}`)
    expect(shared.remembered()).toBe(5)
    expect(taken('address-99', 10)).toBe(2)
  })
})
