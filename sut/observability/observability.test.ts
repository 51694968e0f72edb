import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { dashboards } from './dashboards.ts'

const folder = import.meta.dirname
const read = (...path: string[]): Promise<string> => readFile(join(folder, ...path), 'utf8')

// Out of date? npm run test:unit -- observability.test -u
test.each(Object.entries(dashboards()))('dashboards/%s is up to date', async (name, text) => {
  await expect(text).toMatchFileSnapshot(join(folder, 'dashboards', name))
})

test('rules and dashboards ask for nothing that no service has', async () => {
  const rules = await read('rules.yaml')
  const asked = metricsIn([rules.replaceAll(/^\s*#.*$/gm, ''), ...Object.values(dashboards())].join('\n'))
  const recorded = new Set([...rules.matchAll(/record: (\S+)/g)].map(([, name]) => name!))
  const known = await metricsOfServices()
  expect([...asked].filter((name) => !recorded.has(name) && !known.has(name))).toEqual([])
  expect(asked.size).toBeGreaterThan(12)
})

/** Names as the services give them to their registry, histograms by their series. */
async function metricsOfServices(): Promise<Set<string>> {
  const root = join(folder, '..')
  const files = (await readdir(root, { recursive: true })).filter(
    (path) => path.endsWith('.ts') && !path.includes('test'),
  )
  const texts = await Promise.all(files.map((path) => readFile(join(root, path), 'utf8')))
  const text = texts.join('\n')
  const names = [...text.matchAll(/(?:counter|gauge|level)\(\s*'(\w+)'|name: '(\w+_seconds)'|^\s*(load_\w+): \[/gm)]
  const histograms = [...text.matchAll(/histogram\(\s*'(\w+)'/g)].map(([, name]) => name!)
  return new Set([
    ...names.map((match) => match[1] ?? match[2] ?? match[3]!),
    ...histograms.flatMap((name) => [`${name}_count`, `${name}_bucket`, `${name}_sum`]),
  ])
}

/** What stands before a selector or a range, and what is recorded: every name with an underscore or a colon. */
const metricsIn = (text: string): Set<string> =>
  new Set(
    [...text.matchAll(/\b([a-z]\w*(?::\w+)+|[a-z]+(?:_[a-z0-9]+)+)\s*(?=[{[)\s]|$)/gm)]
      .map(([, name]) => name!)
      .filter((name) => !functions.has(name)),
  )
const functions = new Set(['histogram_quantile', 'label_values'])
