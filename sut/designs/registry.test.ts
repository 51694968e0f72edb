import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { plantedBugs } from './planted-bugs.ts'
import { choices, designNames, designs, plantedBugOf, standardChoices } from './registry.ts'

test('standard is a design without a planted bug', () => {
  expect(designs['standard']?.planted_bug).toBe(false)
  expect(choices('standard')).toEqual(standardChoices)
  expect(plantedBugOf('standard')).toBeUndefined()
})

test('a choice for production differs from standard in exactly one part, a planted bug in none', () => {
  for (const { name, planted_bug, choices: chosen } of Object.values(designs)) {
    const changed = Object.entries(chosen).filter(([part, choice]) => Reflect.get(standardChoices, part) !== choice)
    expect(changed, name).toHaveLength(planted_bug || name === 'standard' ? 0 : 1)
  }
})

test('a planted bug is the same in a monolith', () => {
  expect(choices('monolith+win-twice')).toEqual(choices('monolith'))
  expect(plantedBugOf('monolith+win-twice')).toBe(plantedBugs['win-twice'])
  expect(designNames).toContain('monolith+win-twice')
  expect(plantedBugOf('monolith')).toBeUndefined()
  for (const name of ['monolith+standard', 'monolith+', 'standard+win-twice'])
    expect(() => choices(name)).toThrow('no design')
})

test('an unknown design is refused by name', () => {
  expect(() => choices('nosuch')).toThrow("no design 'nosuch'")
  expect(() => choices('toString')).toThrow('no design')
})

const root = join(import.meta.dirname, '../..')
const seams = [...readFileSync(join(root, 'sut/designs/parts.ts'), 'utf8').matchAll(/^ {2}'([a-z.-]+)': /gm)].map(
  ([, name]) => name!,
)

test('every planted bug takes the place of something, and says what it does in words of its own', () => {
  for (const { name, title, description, replaces, sql } of Object.values(plantedBugs)) {
    expect(Object.keys(replaces).length + Object.keys(sql ?? {}).length, name).toBeGreaterThan(0)
    expect(title.length, name).toBeGreaterThan(5)
    expect(description.length, name).toBeGreaterThan(title.length)
    expect(name).toMatch(/^[a-z]+(-[a-z]+)+$/)
  }
})

test('every seam is handed in by exactly one service, and replaced by a planted bug', () => {
  const sources = globSync('sut/*/**/*.ts', { cwd: root }).filter((path) => !/\.test\.ts$|^sut\/designs\//.test(path))
  const texts = sources.map((path) => readFileSync(join(root, path), 'utf8'))
  const replaced = new Set(Object.values(plantedBugs).flatMap(({ replaces }) => Object.keys(replaces)))
  expect(seams.length).toBeGreaterThan(5)
  for (const seam of seams) {
    const used = texts.filter((text) => text.includes(`part('${seam}',`))
    expect(used, seam).toHaveLength(1)
    expect(replaced, seam).toContain(seam)
  }
})
