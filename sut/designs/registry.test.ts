import { expect, test } from 'vitest'
import { choices, designs, standardChoices } from './registry.ts'

test('standard is a design without a planted bug', () => {
  expect(designs['standard']?.planted_bug).toBe(false)
  expect(choices('standard')).toEqual(standardChoices)
})

test('every other design differs from standard in exactly one choice', () => {
  const others = Object.values(designs).filter((design) => design.name !== 'standard')
  expect(others.length).toBeGreaterThan(0)
  for (const design of others) {
    const changed = Object.entries(design.choices).filter(
      ([name, choice]) => Reflect.get(standardChoices, name) !== choice,
    )
    expect(changed, design.name).toHaveLength(1)
  }
})

test('an unknown design is refused by name', () => {
  expect(() => choices('nosuch')).toThrow("no design 'nosuch'")
  expect(() => choices('toString')).toThrow('no design')
})
