import { expect, test } from 'vitest'
import { runMarkdown, suiteMarkdown } from './markdown.ts'
import { failing, inconclusive, passing } from './testing.ts'

test('the Markdown of a run that passed, and of one that did not', async () => {
  await expect(runMarkdown(passing())).toMatchFileSnapshot('golden/passing.md')
  await expect(runMarkdown(failing())).toMatchFileSnapshot('golden/failing.md')
})

test('the Markdown of a suite begins with what came of each run', () => {
  const text = suiteMarkdown([passing(), failing(), inconclusive()])
  expect(text.split('\n').slice(0, 8).join('\n')).toMatch(/✅ PASS[^]*❌ FAIL[^]*❔ INCONCLUSIVE/)
})

test('every line of a table has the same number of cells', () => {
  for (const result of [passing(), failing(), inconclusive()]) {
    const blocks = runMarkdown(result)
      .split('\n\n')
      .filter((block) => block.startsWith('|'))
    expect(blocks.length).toBeGreaterThan(0)
    for (const block of blocks) {
      const cells = block.split('\n').map((line) => line.replaceAll('\\|', '').split('|').length)
      expect(new Set(cells).size).toBe(1)
    }
  }
})
