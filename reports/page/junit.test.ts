import { expect, test } from 'vitest'
import { junitXml } from './junit.ts'
import { failing, inconclusive, passing } from './testing.ts'

interface Element {
  name: string
  attributes: Record<string, string>
  children: Element[]
  text: string
}

/** A strict reader of the XML that we write: elements, attributes, text and the five entities; anything else throws. */
function parseXml(text: string): Element {
  const root: Element = { name: '', attributes: {}, children: [], text: '' }
  const open = [root]
  const body = text.replace(/^<\?xml version="1.0" encoding="UTF-8"\?>\n/, '')
  const tokens = /<(\/?)([a-z]+)((?:\s+[a-z]+="[^"<]*")*)\s*(\/?)>|([^<]+)|(<)/gy
  for (const [, end, name, attributes, empty, characters, stray] of body.matchAll(tokens)) {
    if (stray !== undefined) throw new Error('a stray <')
    if (characters !== undefined) open.at(-1)!.text += decoded(characters)
    else if (end === '/') {
      if (open.pop()!.name !== name) throw new Error(`</${name}> ends another element`)
    } else {
      const pairs = [...attributes!.matchAll(/([a-z]+)="([^"]*)"/g)].map(([, key, value]) => [key!, decoded(value!)])
      const element = {
        name: name!,
        attributes: Object.fromEntries(pairs) as Record<string, string>,
        children: [],
        text: '',
      }
      open.at(-1)!.children.push(element)
      if (empty === '') open.push(element)
    }
  }
  if (open.length !== 1 || root.children.length !== 1) throw new Error('not one element')
  return root.children[0]!
}

function decoded(text: string): string {
  if (/&(?!(?:amp|lt|gt|quot|#39|#13);)/.test(text)) throw new Error(`a bare & in ${text}`)
  return text.replaceAll(
    /&(\w+|#\d+);/g,
    (_all, name: string) => ({ amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#13': '\r' })[name]!,
  )
}

// What the schemas of Jenkins and Surefire ask for: element → its required and other attributes, and its children in order.
const schema: Record<string, { required: string[]; optional: string[]; children: string[] }> = {
  testsuites: { required: [], optional: ['name', 'tests', 'failures', 'errors', 'time'], children: ['testsuite'] },
  testsuite: {
    required: ['name', 'tests', 'failures', 'errors'],
    optional: ['skipped', 'time', 'timestamp'],
    children: ['properties', 'testcase'],
  },
  properties: { required: [], optional: [], children: ['property'] },
  property: { required: ['name', 'value'], optional: [], children: [] },
  testcase: { required: ['name', 'classname'], optional: ['time'], children: ['skipped', 'failure', 'error'] },
  skipped: { required: [], optional: ['message'], children: [] },
  failure: { required: [], optional: ['message', 'type'], children: [] },
  error: { required: [], optional: ['message', 'type'], children: [] },
}

function problemsOf({ name, attributes, children }: Element): string[] {
  const rule = schema[name]
  if (rule === undefined) return [`unknown element ${name}`]
  const known = [...rule.required, ...rule.optional]
  const order = children.map((child) => rule.children.indexOf(child.name))
  return [
    ...rule.required.filter((key) => !(key in attributes)).map((key) => `${name} lacks ${key}`),
    ...Object.keys(attributes)
      .filter((key) => !known.includes(key))
      .map((key) => `${name} has ${key}`),
    ...(order.includes(-1) || order.some((at, index) => at < (order[index - 1] ?? 0))
      ? [`children of ${name} in disorder`]
      : []),
    ...['tests', 'failures', 'errors', 'skipped'].filter((key) => key in attributes && !/^\d+$/.test(attributes[key]!)),
    ...('time' in attributes && !/^\d+(\.\d+)?$/.test(attributes['time']) ? [`time ${attributes['time']}`] : []),
    ...('timestamp' in attributes && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(attributes['timestamp'])
      ? ['timestamp']
      : []),
    ...children.flatMap(problemsOf),
  ]
}

test('the XML fits the schema, and its counts are right', () => {
  const root = parseXml(junitXml([passing(), failing(), inconclusive()]))
  expect(problemsOf(root)).toEqual([])
  for (const suite of root.children) {
    const cases = suite.children.filter(({ name }) => name === 'testcase')
    const having = (kind: string): number =>
      cases.filter(({ children }) => children.some(({ name }) => name === kind)).length
    expect(suite.attributes).toMatchObject({
      tests: String(cases.length),
      failures: String(having('failure')),
      errors: String(having('error')),
      skipped: String(having('skipped')),
    })
  }
  const [good, bad, open] = root.children.map(({ attributes }) => attributes)
  expect(good).toMatchObject({ failures: '0', errors: '0' })
  expect(Number(bad!['failures'])).toBeGreaterThan(2)
  expect(Number(open!['errors'])).toBeGreaterThan(1)
})

test('a failure carries its witness, whatever characters are in it', () => {
  const [suite] = parseXml(junitXml([failing()])).children
  const check = suite!.children.find(({ attributes }) => attributes['name']?.startsWith('acknowledged-lost'))!
  expect(check.children[0]!.text).toContain('deposit setup-1 (key fixture-setup-1)')
  expect(check.children[0]!.text).toContain('</script><script>alert(1)</script> & \\"quoted\\"')
})

test('the XML of a run that failed', async () => {
  await expect(junitXml([failing()])).toMatchFileSnapshot('golden/failing.xml')
})
