import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { embedded, escapeXml, hypertext, raw, table } from './markup.ts'

test('what is put into a template is escaped, other templates are not', () => {
  expect(hypertext`<b title="${'"'}">${'<i>&'}</b>${hypertext`<u>${1}</u>`}${[raw('<hr>')]}${null}`.markup).toBe(
    '<b title="&quot;">&lt;i&gt;&amp;</b><u>1</u><hr>',
  )
})

test('embedded data cannot end its element, and comes back as it was', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = embedded(value)
      expect(text).not.toContain('<')
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
  expect(embedded('</script><!--')).not.toMatch(/<\/script|<!--/)
})

test('XML text has no markup and no character that XML forbids', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0xffff })), (units) => {
      const written = escapeXml(String.fromCharCode(...units))
      const bare = /[<>"]|&(?!(?:amp|lt|gt|quot|#39|#13);)/.test(written)
      return !bare && !Array.from(written).some((character) => character < ' ' && !/[\t\n]/.test(character))
    }),
  )
  expect(escapeXml('\uD800x')).toBe('\uFFFDx')
  expect(escapeXml('😀')).toBe('😀')
})

test('a table has headers for columns and rows', () => {
  const { markup } = table('T', ['a', 'b'], [['x', '1']], [1])
  expect(markup).toContain('<th scope="col">a</th>')
  expect(markup).toContain('<th scope="row">x</th>')
  expect(markup).toContain('<td class="number">1</td>')
})
