import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Type } from 'typebox'
import { expect, test } from 'vitest'
import { reference, schemaTable } from './reference.ts'

const folder = join(import.meta.dirname, 'docs', 'reference')

// Out of date? npm run test:unit -- reference.test -u
test.each(Object.entries(reference()))('docs/reference/%s is up to date', async (name, text) => {
  await expect(text).toMatchFileSnapshot(join(folder, name))
})

test('docs/reference holds nothing else', async () => {
  expect((await readdir(folder)).toSorted()).toEqual(Object.keys(reference()).toSorted())
})

test('a schema becomes one row a field, with its limits', () => {
  const schema = Type.Object({
    rate: Type.Number({ exclusiveMinimum: 0, maximum: 5, description: 'arrivals' }),
    kind: Type.Union([Type.Literal('a'), Type.Literal('b')], { default: 'a' }),
    mode: Type.Enum(['c', 'd']),
    list: Type.Optional(Type.Array(Type.Object({ name: Type.String({ pattern: '^a|b$' }) }))),
  })
  expect(schemaTable(schema)).toEqual([
    '| field | type | default |  |',
    '|---|---|---|---|',
    '| `rate` | number, above 0, to 5 |  | arrivals |',
    '| `kind` | `a` or `b` | `a` |  |',
    '| `mode` | `c` or `d` |  |  |',
    '| `list` | array of objects | optional |  |',
    '| `list[].name` | string, `^a\\|b$` |  |  |',
  ])
})
