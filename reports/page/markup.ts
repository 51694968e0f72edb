/** HTML that is known to be safe: only `hypertext` and `raw` make it. */
export interface Markup {
  readonly markup: string
}

type Part = Markup | readonly Markup[] | string | number | null

/** Template of HTML: everything that is put in is escaped, except other templates. */
export function hypertext(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return { markup: String.raw({ raw: strings }, ...parts.map(textOfPart)) }
}

/** For files of our own: style sheets, scripts, and data that `embedded` made safe. */
export const raw = (markup: string): Markup => ({ markup })

export const nothing: Markup = { markup: '' }

function textOfPart(part: Part): string {
  if (part === null) return ''
  if (typeof part === 'string' || typeof part === 'number') return escapeHtml(String(part))
  if ('markup' in part) return part.markup
  return part.map(({ markup }) => markup).join('')
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

export const escapeHtml = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => entities[character]!)

/** JSON that may stand inside a script element: no `<`, so nothing in it can end the element. */
export const embedded = (value: unknown): string =>
  JSON.stringify(value).replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')

/** Text for XML 1.0: escaped, and without the characters that no XML document may contain. */
export function escapeXml(text: string): string {
  // oxlint-disable-next-line no-control-regex
  const allowed = text.replaceAll(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|\p{Surrogate}/gu, '\uFFFD')
  return escapeHtml(allowed).replaceAll('\r', '&#13;')
}

/** A table with headers of columns and, in the first column, of rows. It scrolls by itself where it is too wide. */
export function table(
  caption: string,
  header: readonly string[],
  rows: readonly (readonly (Markup | string)[])[],
  numeric: readonly number[] = [],
): Markup {
  const kind = (column: number): Markup => (numeric.includes(column) ? raw(' class="number"') : nothing)
  const row = (cells: readonly (Markup | string)[]): Markup =>
    hypertext`<tr>
      ${cells.map((cell, column) =>
        column === 0 ? hypertext`<th scope="row">${cell}</th>` : hypertext`<td${kind(column)}>${cell}</td>`,
      )}
    </tr>`
  return hypertext`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
    <table>
      <caption>${caption}</caption>
      <thead>
        <tr>
          ${header.map((title, column) => hypertext`<th scope="col"${kind(column)}>${title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(row)}
      </tbody>
    </table>
  </div>`
}
